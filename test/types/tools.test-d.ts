import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import { Schema as EffectSchema } from 'effect'
import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'
import * as zm from 'zod/mini'
import {
  tool,
} from '../../src/index.ts'

const w = tool({ name: 'w', input: z.object({ city: z.string(), unit: z.enum(['c', 'f']) }), execute: (i) => i.city })
const w2 = tool({ name: 'w', input: type({ city: 'string', unit: "'c'|'f'" }), execute: (i) => i.city })
const w3 = tool({ name: 'w', input: toStandardJsonSchema(v.object({ city: v.string(), unit: v.picklist(['c', 'f']) })), execute: (i) => i.city })
const w4 = tool({ name: 'w', input: z.toJSONSchema(zm.object({ city: zm.string() })), execute: (i) => i.city })
const w5 = tool({ name: 'w', input: EffectSchema.toStandardSchemaV1(EffectSchema.toStandardJSONSchemaV1(EffectSchema.Struct({ city: EffectSchema.String }))), execute: (i) => i.city })
const w6 = tool({ name: 'w', parameters: { type: 'object' }, execute: (i) => i.city })
const w7 = tool<{ city: string }>({ name: 'w', parameters: { type: 'object' }, execute: (i) => i.city })
const x: 1 = [w, w2, w3, w4, w5, w6, w7]
