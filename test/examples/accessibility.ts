import type { Page } from 'playwright'

/**
 * What is wrong with a page for people who see little, see no colours, or do not see: the rules of WCAG 2.2 AA that a machine
 * can judge by itself. None is the right answer.
 *
 * @see https://www.w3.org/TR/WCAG22/
 */
export function findBarriers(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const barriers: string[] = []
    const check = (holds: unknown, barrier: string): void => {
      if (!holds) barriers.push(barrier)
    }
    const all = [...document.querySelectorAll<HTMLElement>('body *')]
    const visible = all.filter(element => element.checkVisibility() && !element.closest('[aria-live]'))
    const describe = (element: Element): string =>
      `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : `.${element.className}`}`

    check(document.documentElement.lang, 'the page has no language')
    check(document.title, 'the page has no title')
    check(document.querySelectorAll('h1').length === 1, 'there is not one h1')
    check(document.querySelectorAll('main').length === 1, 'there is not one main')
    check(document.querySelector('[aria-live]'), 'no region tells what changes')
    const ids = all.map(({ id }) => id).filter(Boolean)
    check(new Set(ids).size === ids.length, 'an id stands twice')
    check(
      document.documentElement.scrollWidth <= innerWidth,
      `the page is ${document.documentElement.scrollWidth} pixels wide, the window ${innerWidth}`,
    )

    const controls = visible.filter(element => element.matches('button, select, textarea, input, a[href]'))
    for (const control of controls) {
      const { labels } = control as HTMLInputElement
      const name = control.ariaLabel || labels?.[0]?.textContent || control.textContent
      check(name?.trim(), `${describe(control)} has no name`)
      const box = (control.closest('label') ?? control).getBoundingClientRect()
      // 2.5.8, target size.
      check(box.width >= 24 && box.height >= 24, `${describe(control)} is too small to hit`)
    }

    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
    const context = canvas.getContext('2d', { willReadFrequently: true })!
    /** Paints colours over each other, whatever space they are written in, and reads what is seen. */
    const paint = (colors: readonly string[]): readonly number[] => {
      for (const color of colors) {
        context.fillStyle = color
        context.fillRect(0, 0, 1, 1)
      }
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3)
    }
    const luminance = (rgb: readonly number[]): number => {
      const [r, g, b] = rgb.map(value =>
        value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
      ) as [number, number, number]
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const contrast = (a: readonly number[], b: readonly number[]): number => {
      const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
      return (light + 0.05) / (dark + 0.05)
    }
    for (const element of visible) {
      const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent?.trim())
      if (!hasText || element.matches('option, .hidden')) continue
      const layers: string[] = []
      for (let at: Element | null = element; at; at = at.parentElement)
        layers.unshift(getComputedStyle(at).backgroundColor)
      const ratio = contrast(paint(['#fff', ...layers]), paint([getComputedStyle(element).color]))
      // 1.4.3, contrast of text.
      check(ratio >= 4.5, `the text of ${describe(element)} has a contrast of ${ratio.toFixed(2)}`)
    }
    return barriers
  })
}
