export { oneBalance } from './api.ts'
