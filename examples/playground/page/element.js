// Makes elements. All text is set as text: an answer's markup stays text.

export function element(name, className, ...children) {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...children)
  return made
}

/** A button that does nothing but what it is told to. */
export function button(className, label, onClick) {
  const made = element('button', className, label)
  made.type = 'button'
  made.addEventListener('click', onClick)
  return made
}

/** Adds a name and its value to a list of them. */
export function addRow(list, name, value, className) {
  const shown = element('dd', className, value)
  list.append(element('div', '', element('dt', '', name), shown))
  return shown
}
