// Parts of undici's package by themselves: all of it would be twice the code to load and to bundle, and would set a dispatcher for the whole
// process. undici promises nothing of these paths, so package.json names one version.
import type { Agent, Dispatcher, EnvHttpProxyAgent } from 'undici'

/** undici's `Agent`, of its package or of Node itself. */
export type AgentClass = new (options: Agent.Options) => Dispatcher

/** Loads the `Agent` of the package. */
export async function loadAgent(): Promise<AgentClass> {
  const { default: Agent } = await import('undici/lib/dispatcher/agent.js')
  return Agent
}

/** Loads the agent that sends through the proxies of the environment. */
export async function loadProxyAgent(): Promise<new (options: EnvHttpProxyAgent.Options) => Dispatcher> {
  const [{ default: ProxyAgent }, { default: Dispatcher }, { default: connect }] = await Promise.all([
    import('undici/lib/dispatcher/env-http-proxy-agent.js'),
    import('undici/lib/dispatcher/dispatcher.js'),
    import('undici/lib/api/api-connect.js'),
  ])
  // As undici's index does. A tunnel is made by it.
  Dispatcher.prototype.connect = connect
  return ProxyAgent
}
