/** Sets a field that a service named. An assignment to `__proto__` would set the prototype. */
export function setField(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
