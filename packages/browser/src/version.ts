/** The version of the package, as sent in `x-ob-client`. Written by the `version` script. */
export const VERSION = '0.1.0'
