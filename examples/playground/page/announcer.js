// Tells a screen reader what arrives, in whole sentences: a live region that changes with each token is a stutter.

export function createAnnouncer(region) {
  let waiting = ''

  function say(text) {
    if (!text.trim()) return
    const line = document.createElement('p')
    line.textContent = text.trim()
    region.append(line)
    while (region.childElementCount > 20) region.firstElementChild.remove()
  }

  return {
    say,
    add(piece) {
      waiting += piece
      const end = /^.*[.!?:\n](?=\s)/s.exec(waiting)?.[0].length ?? 0
      say(waiting.slice(0, end))
      waiting = waiting.slice(end)
    },
    flush() {
      say(waiting)
      waiting = ''
    },
  }
}
