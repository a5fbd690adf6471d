/** The version of the packages, as sent in the `User-Agent`. Written by the `version` script. */
export const VERSION = '0.1.0'
