import { cache } from '../../src/index.ts'
import { policyContract } from './contract.ts'

policyContract('cache', () => cache())
