/** The part of Deno's own API that this package uses. */
export interface DenoNamespace {
  readonly env: { get(name: string): string | undefined }
  readonly permissions: {
    querySync(permission: { readonly name: 'env'; readonly variable?: string }): {
      readonly state: string
      /** Granted, but for some. */
      readonly partial: boolean
    }
  }
  stat(path: string): Promise<{ readonly mtime: Date | null; readonly size: number; readonly ino: number | null }>
  readTextFile(path: string): Promise<string>
  createHttpClient(options: { readonly caCerts: string[] }): { close(): void }
}

/** Read when it is used, so that importing this package does no work. */
export function deno(): DenoNamespace {
  return (globalThis as unknown as { readonly Deno: DenoNamespace }).Deno
}

/** Whether an error says that a permission was not granted. */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NotCapable' || error.name === 'PermissionDenied')
}
