/**
 * The key that the Authentication page publishes for first steps: few requests a minute, one connection at a time. It has been
 * replaced before and may be again; it is never used unless you pass it yourself.
 */
export const PUBLIC_TESTING_KEY = '42bb629272001ee1163ca0dbbbc07bcbb0ef57a57baf16c4b1d4672db4562c11'
