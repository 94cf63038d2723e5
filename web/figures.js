// @ts-check
/** Numbers for people, each with its unit. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const THREE = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** @param {number} value */
export const amount = (value) => (value < 10 ? THREE : WHOLE).format(value);

/**
 * @param {number} value
 * @returns {[string, string]}
 */
export const count = (value) => [amount(value), ""];

/**
 * @param {number} value
 * @returns {[string, string]}
 */
export function millis(value) {
  return value >= 1000 ? [THREE.format(value / 1000), "s"] : [THREE.format(value), "ms"];
}

/**
 * Powers of 1024, as those who count memory do.
 * @param {number} value
 * @returns {[string, string]}
 */
export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return [THREE.format(value / 1024 ** power), units[power]];
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/**
 * Of a share from 0 to 1; near the whole with one digit more.
 * @param {number} value
 * @returns {[string, string]}
 */
export function percent(value) {
  const hundred = value * 100;
  const digits = hundred > 90 && hundred < 100 ? 1 : 0;
  return [(Math.floor(hundred * 10 ** digits) / 10 ** digits).toFixed(digits), "%"];
}
