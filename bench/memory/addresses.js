/** The address of loopback with a number: 0 is 127.0.0.1. @param {number} number from 0 to 65,533 */
export function addressOf(number) {
  return `127.0.${(number + 1) >> 8}.${(number + 1) & 255}`;
}
