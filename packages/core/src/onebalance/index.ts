export { oneBalance } from "./api.ts";
export * from "./caip.ts";
export * from "./endpoints/assets.ts";
export * from "./endpoints/balances.ts";
export * from "./endpoints/chains.ts";
export { PUBLIC_TESTING_KEY } from "./public-testing-key.ts";
export type * from "./schemas/asset.ts";
export type * from "./schemas/balance.ts";
export type * from "./schemas/chain.ts";
