export * from '@ob/core/onebalance'
