// Numbers and dates in the notation of `en-US`, the locale of Lit's nodes.
export default () => {
  const grouped = (digits) => digits.replace(/\B(?=(?:\d{3})+$)/g, ',');

  const refuse = (options, known) => {
    const option = Object.keys(options).find((name) => options[name] !== undefined && !known.includes(name));
    if (option !== undefined) {
      throw new RangeError(`toLocaleString: the option '${option}' needs Intl, which the embedded network does not have`);
    }
  };

  const DIGITS = ['minimumFractionDigits', 'maximumFractionDigits', 'useGrouping'];

  const digitsFor = (options) => {
    refuse(options, DIGITS);
    const { minimumFractionDigits: min, maximumFractionDigits: max, useGrouping = true } = options;
    for (const name of DIGITS.slice(0, 2)) {
      const value = options[name];
      if (value !== undefined && !(value >= 0 && value <= 100)) throw new RangeError(`${name} value is out of range.`);
    }
    if (min !== undefined && max !== undefined && min > max) {
      throw new RangeError('maximumFractionDigits value is out of range.');
    }
    const least = Math.floor(min ?? Math.min(0, max ?? 0));
    return { least, most: Math.floor(max ?? Math.max(3, least)), useGrouping };
  };

  /** The decimal digits of a finite number before and after the point, without exponent. */
  const decimal = (value) => {
    const [, whole, part = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(`${value}`);
    const shift = Number(exponent);
    if (shift >= 0) {
      const digits = part.padEnd(shift, '0');
      return [whole + digits.slice(0, shift), digits.slice(shift)];
    }
    const digits = whole.padStart(1 - shift, '0');
    return [digits.slice(0, shift), digits.slice(shift) + part];
  };

  /** Rounds half away from zero. */
  const rounded = ([whole, part], most) => {
    if (part.length <= most) return [whole, part];
    const kept = `${BigInt(whole + part.slice(0, most)) + (part[most] >= '5' ? 1n : 0n)}`.padStart(most + 1, '0');
    return [kept.slice(0, kept.length - most), kept.slice(kept.length - most)];
  };

  const numberText = (value, options = {}) => {
    const { least, most, useGrouping } = digitsFor(options);
    if (Number.isNaN(value)) return 'NaN';
    const sign = value < 0 || Object.is(value, -0) ? '-' : '';
    if (!Number.isFinite(value)) return `${sign}∞`;
    const [whole, part] = rounded(decimal(Math.abs(value)), most);
    const shown = part.replace(/0+$/, '').padEnd(least, '0');
    const digits = whole.replace(/^0+(?=\d)/, '');
    return sign + (useGrouping ? grouped(digits) : digits) + (shown === '' ? '' : `.${shown}`);
  };

  const bigText = (value, options = {}) => {
    const { least, useGrouping } = digitsFor(options);
    const digits = `${value < 0n ? -value : value}`;
    const fraction = least > 0 ? `.${'0'.repeat(least)}` : '';
    return (value < 0n ? '-' : '') + (useGrouping ? grouped(digits) : digits) + fraction;
  };

  const two = (number) => `${number}`.padStart(2, '0');

  /** The parts of a time in the zone of the engine, or in UTC. */
  const dateText = (showsDate, showsTime) => (value, options = {}) => {
    refuse(options, ['timeZone']);
    if (options.timeZone !== undefined && !/^(?:utc|etc\/utc|gmt)$/i.test(options.timeZone)) {
      throw new RangeError(`toLocaleString: the time zone ${options.timeZone} needs Intl, which the embedded network does not have`);
    }
    const date = new Date(value);
    if (Number.isNaN(value)) return 'Invalid Date';
    const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
    const hour = date.getUTCHours();
    const half = hour < 12 ? 'AM' : 'PM';
    const time = `${hour % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${half}`;
    return [showsDate && day, showsTime && time].filter(Boolean).join(', ');
  };

  return {
    Number: { toLocaleString: numberText },
    BigInt: { toLocaleString: bigText },
    Date: {
      toLocaleString: dateText(true, true),
      toLocaleDateString: dateText(true, false),
      toLocaleTimeString: dateText(false, true),
    },
  };
};
