import { regexOf } from './schema-check.ts'

/**
 * A string that matches a simple pattern and has a fitting length, or `undefined`. Understands literals, escapes, classes,
 * groups, alternatives and quantifiers; checks what it made, so that a pattern beyond it gives nothing rather than a wrong string.
 */
export function matching(pattern: string, min: number, max: number, salt: number): string | undefined {
  const regex = regexOf(pattern)
  if (!regex) return undefined
  for (let extra = 0; extra <= Math.min(min, 500) + 1; extra++) {
    const text = pad(new Writer(pattern, extra, salt).write(), pattern, min)
    const { length } = [...text]
    if (length >= min && length <= max && regex.test(text)) return text
  }
  return undefined
}

/** A pattern that is not anchored at its end allows more of anything. */
function pad(text: string, pattern: string, min: number): string {
  return pattern.endsWith('$') ? text : text.padEnd(min, 'a')
}

/** Reads a pattern once, left to right, writing the shortest match as it goes, plus `extra` for the first open quantifier. */
class Writer {
  readonly #source: string[]
  readonly #salt: number
  #extra: number
  #at = 0

  constructor(source: string, extra: number, salt: number) {
    this.#source = [...source]
    this.#extra = extra
    this.#salt = salt
  }

  write(): string {
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    return options[this.#salt % options.length] ?? ''
  }

  #take(character: string): boolean {
    const taken = this.#source[this.#at] === character
    if (taken) this.#at++
    return taken
  }

  #sequence(): string {
    let text = ''
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      const one = this.#atom()
      text += one.repeat(this.#times())
    }
    return text
  }

  #atom(): string {
    const character = this.#source[this.#at++] ?? ''
    if (character === '^' || character === '$') return ''
    if (character === '.') return 'a'
    if (character === '\\') return this.#escape()
    if (character === '[') return this.#set()
    if (character !== '(') return character
    const lookaround = this.#groupHead()
    const text = this.write()
    this.#take(')')
    return lookaround ? '' : text
  }

  /** Skips `?:`, `?<name>` and the like; true for a lookaround, which matches no text. */
  #groupHead(): boolean {
    if (!this.#take('?')) return false
    if (this.#take(':')) return false
    if (!this.#take('<')) return true
    if (this.#source[this.#at] === '=' || this.#source[this.#at] === '!') return true
    while (this.#at < this.#source.length && !this.#take('>')) this.#at++
    return false
  }

  #escape(): string {
    const character = this.#source[this.#at++] ?? ''
    if (character === 'd') return String(this.#salt % 10)
    if (character === 'w') return letter(this.#salt)
    if (character === 's') return ' '
    if (character === 'n') return '\n'
    if (character === 't') return '\t'
    if (character === 'b' || character === 'B') return ''
    if (character === 'D' || character === 'S') return letter(this.#salt)
    if (character === 'W') return '-'
    return character
  }

  #set(): string {
    const negated = this.#take('^')
    const options: string[] = []
    while (this.#at < this.#source.length && !this.#take(']')) {
      const character = this.#source[this.#at++] ?? ''
      const from = character === '\\' ? this.#escape() : character
      options.push(from)
      if (this.#source[this.#at] !== '-' || this.#source[this.#at + 1] === ']') continue
      this.#at++
      const to = this.#source[this.#at++] ?? ''
      for (let code = from.charCodeAt(0) + 1; code <= to.charCodeAt(0) && options.length < 64; code++) {
        options.push(String.fromCharCode(code))
      }
    }
    if (!negated) return options[this.#salt % options.length] ?? ''
    return [...'abcxyz019 _-'].find(character => !options.includes(character)) ?? ''
  }

  #times(): number {
    if (this.#take('*')) return this.#open(0, Infinity)
    if (this.#take('+')) return this.#open(1, Infinity)
    if (this.#take('?')) return 0
    if (this.#source[this.#at] !== '{') return 1
    const end = this.#source.indexOf('}', this.#at)
    const bounds = /^(\d+)(,?)(\d*)$/.exec(this.#source.slice(this.#at + 1, end).join(''))
    if (end < 0 || !bounds) return 1
    this.#at = end + 1
    const least = Number(bounds[1])
    return this.#open(least, bounds[2] ? Number(bounds[3] || Infinity) : least)
  }

  #open(least: number, most: number): number {
    this.#take('?')
    const times = Math.min(least + this.#extra, most, 1000)
    this.#extra -= Math.max(0, times - least)
    return Math.max(times, Math.min(least, 1000))
  }
}

function letter(salt: number): string {
  return String.fromCharCode(97 + (salt % 26))
}
