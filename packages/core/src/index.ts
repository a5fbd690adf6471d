export type { Adapter, BodyFailure, CollectedBody, RequestControl, Transport, WholeBody } from './adapter.ts'
export { REQUEST_START, REQUEST_STOP, webAdapter } from './adapter.ts'
export type {
  AnyEndpoint,
  Api,
  ApiDefinition,
  CheckContext,
  Endpoint,
  EndpointDefinition,
  EndpointTree,
  Flow,
  Issue,
  RateHeaders,
  RetryClass,
  ServerErrorBody,
} from './api.ts'
export { defineApi, endpoint, flow, isEndpoint, isFlow, listEndpoints } from './api.ts'
export type { Caller } from './caller.ts'
export { createCaller } from './caller.ts'
export type { Client, Method, Methods } from './client.ts'
export { createClient } from './client.ts'
export type { KeyFile, ReadVariable } from './environment.ts'
export { createDefaultKey, createEnvKey, createFileKey, readBaseURL, refuseProxiedLoopback } from './environment.ts'
export type { AttemptRecord, ErrorCode, ErrorDetails, Outcome, Stopped } from './errors/base.ts'
export { isOneBalanceError, OneBalanceError } from './errors/base.ts'
export type { NetworkPhase } from './errors/classes.ts'
export {
  AbortError,
  AuthenticationError,
  ConfigurationError,
  ExecutionError,
  InputError,
  InsecureUrlError,
  NetworkError,
  NotFoundError,
  OutcomeUnknownError,
  PermissionError,
  RateLimitError,
  RequestError,
  ResponseError,
  ServerError,
  TimeoutError,
} from './errors/classes.ts'
export * from './onebalance/index.ts'
export type {
  CallOptions,
  CallPromise,
  ClientOptions,
  Event,
  Fetch,
  Hooks,
  ResponseInfo,
  RetryOptions,
  Runtime,
} from './options.ts'
export type { RawRequest } from './plan.ts'
export type { Failure, RetryDecision, RetryPolicy, RetryQuestion } from './retry/policy.ts'
export { decideRetry } from './retry/policy.ts'
export { createRandom } from './retry/random.ts'
export type { Scenario, SimulatedOutcome } from './retry/simulate.ts'
export { simulate } from './retry/simulate.ts'
export type { KeyFunction, KeySource } from './secret.ts'
export { checkKey } from './secret.ts'
export { isLoopback } from './secure-url.ts'
