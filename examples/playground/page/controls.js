// The settings as they stand in the page's controls.

/** The number in a field, kept within its bounds; undefined where it is empty. */
function numberIn(field) {
  const value = field.valueAsNumber
  if (Number.isNaN(value)) return undefined
  return Math.min(Math.max(value, Number(field.min)), Number(field.max || Infinity))
}

/** The JSON Schema that was typed. Throws a SyntaxError with what is wrong with it. */
function schemaIn(field) {
  const schema = JSON.parse(field.value)
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new SyntaxError('A schema is a JSON object')
  return schema
}

/** @param at the page's elements, by id */
export function createControls(at) {
  const modeOf = () => at.composer.elements.mode.value

  function showSettings(open) {
    at.settings.hidden = !open
    at.adjust.setAttribute('aria-expanded', `${open}`)
  }

  function showSchema() {
    at.shape.hidden = modeOf() !== 'object'
  }

  at.adjust.addEventListener('click', () => showSettings(at.settings.hidden))
  at.modes.addEventListener('change', showSchema)
  at.schema.addEventListener('input', () => {
    at.wrong.textContent = ''
  })

  return {
    /** Offers what the Worker has. Faults are there only where the model can play them. */
    offer({ models, faults = [], maxTokens }) {
      at.model.replaceChildren(...models.map(id => new Option(id)))
      at.model.disabled = false
      at.fault.append(...faults.map(({ id, label }) => new Option(label, id)))
      at.faults.hidden = faults.length === 0
      if (maxTokens) at.limit.max = at.limit.placeholder = maxTokens
    },
    has({ model, fault }) {
      const offers = (picker, value) => !value || [...picker.options].some(option => option.value === value)
      return offers(at.model, model) && offers(at.fault, fault)
    },
    choose({ mode, model, fault = '' }) {
      at.composer.elements.mode.value = mode ?? 'text'
      at.model.value = model ?? at.model.value
      at.fault.value = fault
      showSchema()
    },
    /** Reads the settings of the next question. Shows why, and returns undefined, where the schema is none. */
    read() {
      const mode = modeOf()
      let schema
      try {
        if (mode === 'object') schema = schemaIn(at.schema)
      } catch (error) {
        showSettings(true)
        at.wrong.textContent = error.message
        at.schema.focus()
        return undefined
      }
      return {
        mode,
        schema,
        model: at.model.value,
        fault: at.fault.value,
        system: at.system.value.trim(),
        temperature: numberIn(at.temperature),
        maxTokens: numberIn(at.limit),
        retries: Math.trunc(numberIn(at.retries) ?? 0),
        silence: (numberIn(at.silence) ?? 15) * 1000,
      }
    },
  }
}
