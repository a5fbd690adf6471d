/** The ERC-4337 v0.7 entry point, the same on every chain. */
export const ENTRY_POINT_V07 = '0x0000000071727De22E5E9d8BAf0edAc6f37da032'
