// Tabs as the ARIA Authoring Practices have them: one stop of the Tab key, and arrow keys between them.

/** @param list the element with the role `tablist`; each of its tabs names its panel in `aria-controls` */
export function createTabs(list) {
  const tabs = [...list.querySelectorAll('[role=tab]')]
  const panelOf = tab => document.getElementById(tab.getAttribute('aria-controls'))

  // A panel that scrolls must be reached by keyboard.
  for (const tab of tabs) panelOf(tab).tabIndex = 0

  function select(chosen) {
    for (const tab of tabs) {
      tab.setAttribute('aria-selected', `${tab === chosen}`)
      tab.tabIndex = tab === chosen ? 0 : -1
      panelOf(tab).hidden = tab !== chosen
    }
  }

  const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }
  list.addEventListener('click', ({ target }) => {
    if (tabs.includes(target)) select(target)
  })
  list.addEventListener('keydown', event => {
    const step = steps[event.key]
    if (!step) return
    event.preventDefault()
    const at = tabs.indexOf(document.activeElement)
    const next = Number.isFinite(step)
      ? (at + step + tabs.length) % tabs.length
      : step < 0
        ? 0
        : tabs.length - 1
    select(tabs[next])
    tabs[next].focus()
  })
  return { panel: () => tabs.map(panelOf).find(panel => !panel.hidden) }
}
