import { defineMatrix } from './helpers/matrix.ts'

await defineMatrix('execute')
