// Numbers as text/formatting.py writes them: three significant digits, no exponent, halves rounded away from zero.
"use strict";

(function (paragone) {
  const MISSING = "–";
  const PREFIXES = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

  function significant(value, digits = 3) {
    if (!isNumber(value)) return MISSING;
    if (value === 0) return "0";
    const place = (number) => digits - 1 - Number(number.toExponential(5).split("e")[1]);
    return fixed(value, place(Number(fixed(value, place(value))))); // 9.996 rounds to 10.00, which is 10.0
  }

  // Round in decimal, from the six digits that the page has: 1.005 gives 1.01 although its binary value is smaller.
  function fixed(value, decimals) {
    const [digits, exponent] = Math.abs(value).toExponential(5).split("e");
    const whole = Math.round(Number(`${digits}e${Number(exponent) + decimals}`));
    const size = Number(`${whole}e${-decimals}`);
    return `${value < 0 ? "-" : ""}${size.toFixed(Math.max(0, decimals))}`;
  }

  function rate(value, digits = 3) {
    if (!isNumber(value)) return MISSING;
    const [size, prefix] = prefixOf(value, digits);
    return `${significant(value / size, digits)} ${prefix}`.trim();
  }

  // "311 k distances/s"; FLOP/s take the prefix as SI units do: "1.71 GFLOP/s".
  function rateWithUnit(value, unit, digits = 3) {
    const written = rate(value, digits);
    return `${written}${unit === "FLOP/s" && /[A-Za-z]$/.test(written) ? "" : " "}${unit}`;
  }

  // A rate below a heading that says the unit; FLOP/s read as is usual.
  const rateOf = (value, unit, digits = 3) => (unit === "FLOP/s" && isNumber(value) ? rateWithUnit(value, unit, digits) : rate(value, digits));

  const capitalised = (words) => words.charAt(0).toUpperCase() + words.slice(1);

  function prefixOf(value, digits = 3) {
    return PREFIXES.find(([size]) => value >= size * (1 - 0.5 * 10 ** -digits)) || [1, ""];
  }

  // Two decimals near 1, where margins of one per cent matter.
  function ratioNumber(value) {
    return value >= 0.1 && value < 10 ? fixed(value, 2) : significant(value, value >= 10 ? 3 : 2);
  }

  function seconds(value) {
    if (!isNumber(value)) return MISSING;
    for (const [size, unit] of [[1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"]]) {
      if (value < 1000 * size && !(unit === "s" && value >= 120)) return `${significant(value / size)} ${unit}`;
    }
    return `${significant(value / 60)} min`;
  }

  // A relative error with two significant digits: "2.9e-05", "0.44". JSON has no infinity: null is a result that is not finite.
  function error(value) {
    if (value === null) return "not finite";
    if (!isNumber(value)) return MISSING;
    const [digits, power] = value.toExponential(5).split("e");
    const rounded = Number(`${Math.round(Number(`${digits}e1`))}e${Number(power) - 1}`);
    if (rounded === 0 || (rounded >= 1e-4 && rounded < 100)) return String(rounded);
    return rounded.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }

  const size = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");

  // "[302–320]", in the unit of the value beside it.
  function rateInterval(low, high, value) {
    const [size] = prefixOf(value);
    return `[${significant(low / size)}–${significant(high / size)}]`;
  }

  // Both ends written by `write`; "" where an end is missing.
  const optionalPair = (low, high, write, value) => (isNumber(low) && isNumber(high) ? write(low, high, value) : "");
  const pair = (write) => (low, high) => `[${write(low)}, ${write(high)}]`;

  paragone.format = {
    MISSING, isNumber, significant, rate, error, seconds, size, rateWithUnit, rateOf, capitalised,
    ratio: (value) => (isNumber(value) ? `${ratioNumber(value)}×` : MISSING),
    percent: (value) => (isNumber(value) ? `${significant(100 * value, 2)} %` : MISSING),
    megabytes: (value) => (isNumber(value) ? `${significant(value)} MB` : MISSING),
    plural: (count, noun) => `${count} ${noun}${count === 1 ? "" : /(ch|sh|s)$/.test(noun) && !noun.endsWith("och") ? "es" : "s"}`,
    optionalPair, rateInterval, pair, ratioInterval: pair(ratioNumber),
    interval: (low, high, write) => optionalPair(low, high, pair(write)),
    // For an axis: without trailing zeros.
    tick: (text) => text.replace(/\.0+(?=\D|$)|(\.\d*?[1-9])0+(?=\D|$)/, "$1"),
  };
})(window.paragone);
