/** 12345.6 as `12,346`. @param {number} value */
export function integer(value) {
  return Math.round(value).toLocaleString('en-US');
}

/** A ratio with three digits, or two decimals. @param {number} value */
export function ratio(value) {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** @param {number} value */
export function decimal(value) {
  return value >= 1000 ? integer(value) : value.toFixed(1);
}
