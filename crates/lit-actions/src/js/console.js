// The console, and how values look as text.
export default (host) => {
  const { getOwnPropertyDescriptor, getPrototypeOf, keys } = Object;

  /** The stack of `error` in V8's notation, without the frames of this file. */
  const stackOf = (error) => {
    const { stack } = error;
    if (typeof stack !== 'string') return '';
    return stack
      .split('\n')
      .filter((line) => line !== '' && !line.includes('(ext:lit/'))
      .map((line) => line
        .replace(/^ {4}at <(?:eval|anonymous)> \((.*)\)$/, '    at $1')
        .replace(/ \((?:native|missing)\)$/, ' (<anonymous>)'))
      .map((line) => `\n${line}`)
      .join('');
  };

  const describeError = (error, hint = '') => `${error}${hint}${stackOf(error)}`;

  const constructorName = (value) => {
    for (let at = value; at !== null; at = getPrototypeOf(at)) {
      const constructor = getOwnPropertyDescriptor(at, 'constructor')?.value;
      if (typeof constructor === 'function' && constructor.name !== '') return constructor.name;
    }
    return '';
  };

  const MAX_DEPTH = 4;
  const MAX_ITEMS = 100;

  const list = (open, items, close) =>
    (items.length === 0 ? `${open}${close}` : `${open} ${items.join(', ')} ${close}`);

  /** A text in the first kind of quotes that it does not contain. */
  const quoted = (text) => {
    const mark = ['"', "'", '`'].find((candidate) => !text.includes(candidate)) ?? '"';
    const inner = JSON.stringify(text).slice(1, -1);
    return mark + (mark === '"' ? inner : inner.replaceAll('\\"', '"')) + mark;
  };

  /** `value` on one line, in Deno's notation. `parents` are the objects it is nested in. */
  const inspect = (value, parents) => {
    if (typeof value === 'string') return quoted(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (Object.is(value, -0)) return '-0';
    if (typeof value === 'function') {
      const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'Function';
      if (value.name === '') return `[${kind} (anonymous)]`;
      return kind === 'class' ? `[class ${value.name}]` : `[Function: ${value.name}]`;
    }
    if (typeof value !== 'object' || value === null) return String(value);
    if (parents.includes(value)) return '[Circular]';
    if (value instanceof Error) return describeError(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp) return String(value);
    const name = constructorName(value);
    if (parents.length > MAX_DEPTH) return `[${Array.isArray(value) ? 'Array' : name || 'Object'}]`;

    const inner = [...parents, value];
    const sequence = (items, print) => {
      const shown = Array.from(items.slice(0, MAX_ITEMS), print);
      const hidden = items.length - shown.length;
      if (hidden > 0) shown.push(`... ${hidden} more item${hidden === 1 ? '' : 's'}`);
      return shown;
    };
    if (Array.isArray(value)) return list('[', sequence(value, (item) => inspect(item, inner)), ']');
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return list(`${name}(${value.length}) [`, sequence(value, (item) => inspect(item, inner)), ']');
    }
    if (value instanceof Map) {
      const print = ([key, item]) => `${inspect(key, inner)} => ${inspect(item, inner)}`;
      return list(`Map(${value.size}) {`, sequence([...value], print), '}');
    }
    if (value instanceof Set) {
      return list(`Set(${value.size}) {`, sequence([...value], (item) => inspect(item, inner)), '}');
    }
    const members = keys(value).map((key) => {
      const label = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
      const { get, value: member } = getOwnPropertyDescriptor(value, key) ?? {};
      return `${label}: ${get ? '[Getter]' : inspect(member, inner)}`;
    });
    const prefix = { '': '[Object: null prototype] ', Object: '' }[name] ?? `${name} `;
    return list(`${prefix}{`, members, '}');
  };

  const show = (value) => (typeof value === 'string' ? value : inspect(value, []));

  const DIRECTIVES = {
    s: (value) => (typeof value === 'object' ? inspect(value, []) : String(value)),
    d: (value) => (typeof value === 'bigint' ? `${value}n` : String(Number(value))),
    i: (value) => (typeof value === 'bigint' ? `${value}n` : String(parseInt(value))),
    f: (value) => String(parseFloat(value)),
    j: (value) => String(JSON.stringify(value)),
    o: (value) => inspect(value, []),
    O: (value) => inspect(value, []),
    c: () => '',
  };

  const format = (values) => {
    const rest = [...values];
    const parts = [];
    if (typeof rest[0] === 'string') {
      parts.push(rest.shift().replace(/%([sdifjoOc%])/g, (whole, directive) => {
        if (directive === '%') return rest.length > 0 ? '%' : whole;
        return rest.length > 0 ? DIRECTIVES[directive](rest.shift()) : whole;
      }));
    }
    return [...parts, ...rest.map(show)].join(' ');
  };

  // ---- The console ---------------------------------------------------------------------------

  let indent = '';
  const counts = new Map();
  const timers = new Map();

  const write = (text) => host.log(`${text.replace(/^/gm, indent)}\n`.toWellFormed());
  const print = (...values) => write(format(values));

  const elapsed = (label) => `${label}: ${Date.now() - timers.get(label)}ms`;
  const unknownTimer = (label) => print(`Timer '${label}' does not exist`);

  const VALUES = 'Values';

  /** The entries of anything that has some, with names for the first column. */
  const rowsOf = (data) => {
    if (data instanceof Map) return [...data].map(([key, value], at) => [at, { Key: key, Values: value }]);
    if (data instanceof Set) return [...data].map((value, at) => [at, value]);
    return keys(data).map((key) => [key, data[key]]);
  };

  const table = (data, columns) => {
    const isObject = (value) => typeof value === 'object' && value !== null;
    const rows = rowsOf(data).map(([name, value]) => {
      const cells = new Map();
      if (!isObject(value)) cells.set(VALUES, inspect(value, []));
      else for (const key of columns ?? keys(value)) if (key in value) cells.set(`${key}`, inspect(value[key], [data, value]));
      return { name: `${name}`, cells };
    });
    const index = data instanceof Map || data instanceof Set ? '(iter idx)' : '(idx)';
    const names = new Set(columns?.map(String) ?? rows.flatMap(({ cells }) => [...cells.keys()]));
    if (!columns && names.delete(VALUES)) names.add(VALUES);
    const lines = [[index, ...names], ...rows.map(({ name, cells }) => [name, ...[...names].map((column) => cells.get(column) ?? '')])];
    const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)) + 2);
    const rule = (left, cross, right) => left + widths.map((width) => '─'.repeat(width)).join(cross) + right;
    const row = (cells) => `│ ${cells.join(' │ ')} │`;
    const [titles, ...body] = lines;
    const isWhole = titles.map((_, at) => body.every((line) => Number.isInteger(Number(line[at]))));
    const filled = (line) => line.map((cell, at) => (isWhole[at] ? cell.padStart(widths[at] - 2) : cell.padEnd(widths[at] - 2)));
    return [
      rule('┌', '┬', '┐'),
      row(titles.map((cell, at) => cell.padEnd(widths[at] - 2))),
      rule('├', '┼', '┤'),
      ...body.map((line) => row(filled(line))),
      rule('└', '┴', '┘'),
    ].join('\n');
  };

  const console = {
    assert(condition = false, ...values) {
      if (condition) return;
      const [first, ...rest] = values;
      if (values.length === 0) print('Assertion failed');
      else if (typeof first === 'string') print(`Assertion failed: ${first}`, ...rest);
      else print('Assertion failed:', ...values);
    },
    clear() { indent = ''; },
    count(label = 'default') {
      const count = (counts.get(`${label}`) ?? 0) + 1;
      counts.set(`${label}`, count);
      print(`${label}: ${count}`);
    },
    countReset(label = 'default') {
      if (counts.has(`${label}`)) counts.set(`${label}`, 0);
      else print(`Count for '${label}' does not exist`);
    },
    debug(...values) { print(...values); },
    dir(value) { write(inspect(value, [])); },
    dirxml(...values) { print(...values); },
    error(...values) { print(...values); },
    group(...values) {
      if (values.length > 0) print(...values);
      indent += '    ';
    },
    groupCollapsed(...values) { console.group(...values); },
    groupEnd() { indent = indent.slice(4); },
    info(...values) { print(...values); },
    log(...values) { print(...values); },
    profile() {},
    profileEnd() {},
    table(data, columns) {
      if (typeof data !== 'object' || data === null) print(data);
      else write(table(data, columns));
    },
    time(label = 'default') {
      if (timers.has(`${label}`)) print(`Timer '${label}' already exists`);
      else timers.set(`${label}`, Date.now());
    },
    timeEnd(label = 'default') {
      if (!timers.has(`${label}`)) return unknownTimer(label);
      print(elapsed(`${label}`));
      timers.delete(`${label}`);
    },
    timeLog(label = 'default', ...values) {
      if (timers.has(`${label}`)) print(elapsed(`${label}`), ...values);
      else unknownTimer(label);
    },
    timeStamp() {},
    trace(...values) {
      write(`Trace${values.length > 0 ? `: ${format(values)}` : ''}${stackOf(new Error())}`);
    },
    warn(...values) { print(...values); },
  };

  // ---- Uncaught exceptions -------------------------------------------------------------------

  // What Lit's nodes have and this engine lacks. Programs look for most of these by `typeof`, which must find nothing.
  const MISSING = new Set(`Blob BroadcastChannel CompressionStream CustomEvent Deno DecompressionStream Event EventSource EventTarget
    File FileReader FormData Intl MessageChannel MessagePort Notification PerformanceEntry ReadableStream TextDecoderStream
    TextEncoderStream TransformStream WebAssembly WebSocket WritableStream navigator performance process`.split(/\s+/));

  /** Says why a global is missing, if `error` is about one that Lit's nodes have. */
  const hintOf = (error) => {
    const name = /^'?(\w+)'? is not defined$/.exec(error.message)?.[1];
    return error instanceof ReferenceError && MISSING.has(name)
      ? ` (Lit's nodes have ${name}, the embedded network does not: see DIFFERENCES.md)`
      : '';
  };

  /** The text of an uncaught exception, as Deno reports it. */
  const describe = (thrown, inPromise) => {
    let text = thrown instanceof Error ? describeError(thrown, hintOf(thrown)) : inspect(thrown, []);
    const seen = [thrown];
    for (let at = thrown?.cause; thrown instanceof Error && at instanceof Error && !seen.includes(at); at = at.cause) {
      seen.push(at);
      text += `\nCaused by: ${describeError(at)}`;
    }
    return `Uncaught ${inPromise ? '(in promise) ' : ''}${text}`.toWellFormed();
  };

  return { console, describe, print, show };
};
