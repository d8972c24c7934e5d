// Numbers as the report writes them: three significant digits, no exponent.
"use strict";

(function (paragone) {
  const MISSING = "–";
  const PREFIXES = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

  function significant(value, digits = 3) {
    if (!isNumber(value)) return MISSING;
    if (value === 0) return "0";
    const decimals = digits - 1 - Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
    return decimals >= 0 ? value.toFixed(decimals) : String(Math.round(value / 10 ** -decimals) * 10 ** -decimals);
  }

  function rate(value, digits = 3) {
    if (!isNumber(value)) return MISSING;
    const found = PREFIXES.find(([size]) => value >= size * (1 - 0.5 * 10 ** -digits));
    return found ? `${significant(value / found[0], digits)} ${found[1]}` : significant(value, digits);
  }

  // Two decimals near 1, where they are what margins are made of.
  function ratioNumber(value) {
    return value >= 0.1 && value < 10 ? value.toFixed(2) : significant(value, value >= 10 ? 3 : 2);
  }

  function seconds(value) {
    if (!isNumber(value)) return MISSING;
    for (const [size, unit] of [[1e-6, "µs"], [1e-3, "ms"], [1, "s"]]) {
      if (value < 1000 * size && !(unit === "s" && value >= 120)) return `${significant(value / size)} ${unit}`;
    }
    return `${significant(value / 60)} min`;
  }

  const batch = (size) => String(size).replace(/\B(?=(\d{3})+$)/g, "\u202f");

  // "[302–320]" in the unit of the upper end.
  function rateInterval(low, high) {
    const [size] = PREFIXES.find(([one]) => high >= one) || [1];
    return `[${significant(low / size)}–${significant(high / size)}]`;
  }

  // Both ends in words, by what writes a pair of them; nothing without an interval.
  const ends = (low, high, write) => (isNumber(low) && isNumber(high) ? write(low, high) : "");
  const pair = (write) => (low, high) => `[${write(low)}, ${write(high)}]`;

  paragone.words = {
    MISSING, isNumber, significant, rate, seconds, batch,
    ratio: (value) => (isNumber(value) ? `${ratioNumber(value)}×` : MISSING),
    percent: (value) => (isNumber(value) ? `${significant(100 * value, 2)} %` : MISSING),
    megabytes: (value) => (isNumber(value) ? `${significant(value)} MB` : MISSING),
    plural: (count, noun) => `${count} ${noun}${count === 1 ? "" : /(ch|sh|s)$/.test(noun) ? "es" : "s"}`,
    ends, rateInterval, pair, ratioInterval: pair(ratioNumber),
    interval: (low, high, write) => ends(low, high, pair(write)),
    // For an axis: without the zeros that tell precision.
    tick: (text) => text.replace(/\.0+(?=\D|$)|(\.\d*?[1-9])0+(?=\D|$)/, "$1"),
  };
})(window.paragone);
