// URLs, and the network as web pages know it: `fetch` and what belongs to it.
export default (host, { binaryString, bytesOf, dropCall, startCall, utf8Decode, utf8Encode }) => {
  const { entries, freeze } = Object;

  // ---- URL -----------------------------------------------------------------------------------

  /** The pairs of anything that such constructors take: pairs, or an object. */
  const pairsOf = (init) => (typeof init[Symbol.iterator] === 'function'
    ? Array.from(init, ([name, value]) => [`${name}`, `${value}`])
    : entries(init).map(([name, value]) => [name, `${value}`]));

  const wellFormed = (pairs) => pairs.map((pair) => pair.map((text) => text.toWellFormed()));

  class URLSearchParams {
    #pairs;
    #changed = () => {};

    constructor(init = '') {
      this.#pairs = typeof init === 'object' && init !== null
        ? pairsOf(init)
        : JSON.parse(host.parseQuery(`${init}`.toWellFormed().replace(/^\?/, '')));
    }

    /** Parameters that change a URL. */
    static of(query, changed) {
      const params = new URLSearchParams(query);
      params.#changed = changed;
      return params;
    }

    /** Takes the parameters of a URL that was changed. */
    static replace(params, query) { params.#pairs = new URLSearchParams(query).#pairs; }

    #set(pairs) {
      this.#pairs = pairs;
      this.#changed(this.toString());
    }

    get size() { return this.#pairs.length; }

    append(name, value) { this.#set([...this.#pairs, [`${name}`, `${value}`]]); }

    delete(name, value) {
      this.#set(this.#pairs.filter(([key, held]) =>
        key !== `${name}` || (value !== undefined && held !== `${value}`)));
    }

    get(name) { return this.#pairs.find(([key]) => key === `${name}`)?.[1] ?? null; }

    getAll(name) { return this.#pairs.filter(([key]) => key === `${name}`).map(([, value]) => value); }

    has(name, value) {
      return this.#pairs.some(([key, held]) => key === `${name}` && (value === undefined || held === `${value}`));
    }

    set(name, value) {
      const at = this.#pairs.findIndex(([key]) => key === `${name}`);
      if (at < 0) return this.append(name, value);
      const others = this.#pairs.filter(([key], index) => key !== `${name}` || index === at);
      this.#set(others.map((pair) => (pair[0] === `${name}` ? [pair[0], `${value}`] : pair)));
    }

    sort() { this.#set([...this.#pairs].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))); }

    forEach(callback, self) {
      for (const [name, value] of this.#pairs) callback.call(self, value, name, this);
    }

    entries() { return this.#pairs.map((pair) => [...pair]).values(); }

    keys() { return this.#pairs.map(([name]) => name).values(); }

    values() { return this.#pairs.map(([, value]) => value).values(); }

    [Symbol.iterator]() { return this.entries(); }

    toString() { return host.writeQuery(JSON.stringify(wellFormed(this.#pairs))); }
  }
  const { of: paramsOf, replace: replaceParams } = URLSearchParams;
  delete URLSearchParams.of;
  delete URLSearchParams.replace;

  class URL {
    #parts;
    #params;

    constructor(url, base) {
      this.#parts = URL.#parse(url, base);
      if (this.#parts === undefined) throw new TypeError(`Invalid URL: '${url}'`);
      this.#params = paramsOf(this.search, (query) => this.#change('search', query));
    }

    static #parse(url, base) {
      const parts = host.parseUrl(`${url}`.toWellFormed(), base === undefined ? undefined : `${base}`.toWellFormed());
      return parts === undefined ? undefined : JSON.parse(parts);
    }

    static canParse(url, base) { return URL.#parse(url, base) !== undefined; }

    static parse(url, base) { return URL.canParse(url, base) ? new URL(url, base) : null; }

    #change(part, value) {
      this.#parts = JSON.parse(host.changeUrl(this.href, part, `${value}`.toWellFormed()));
    }

    get href() { return this.#parts.href; }

    set href(value) {
      const parts = URL.#parse(value);
      if (parts === undefined) throw new TypeError(`Invalid URL: '${value}'`);
      this.#parts = parts;
      replaceParams(this.#params, this.search);
    }

    get origin() { return this.#parts.origin; }

    get searchParams() { return this.#params; }

    get search() { return this.#parts.search; }

    set search(value) {
      this.#change('search', value);
      replaceParams(this.#params, this.search);
    }

    get protocol() { return this.#parts.protocol; }

    set protocol(value) { this.#change('protocol', value); }

    get username() { return this.#parts.username; }

    set username(value) { this.#change('username', value); }

    get password() { return this.#parts.password; }

    set password(value) { this.#change('password', value); }

    get host() { return this.#parts.host; }

    set host(value) { this.#change('host', value); }

    get hostname() { return this.#parts.hostname; }

    set hostname(value) { this.#change('hostname', value); }

    get port() { return this.#parts.port; }

    set port(value) { this.#change('port', value); }

    get pathname() { return this.#parts.pathname; }

    set pathname(value) { this.#change('pathname', value); }

    get hash() { return this.#parts.hash; }

    set hash(value) { this.#change('hash', value); }

    toString() { return this.href; }

    toJSON() { return this.href; }
  }

  // ---- AbortController -----------------------------------------------------------------------

  const secret = Symbol('made by the platform');

  class AbortSignal {
    #reason;
    #listeners = [];
    onabort = null;

    constructor(key) {
      if (key !== secret) throw new TypeError('Illegal constructor');
    }

    static abort(reason) {
      const signal = new AbortSignal(secret);
      signal[secret](reason);
      return signal;
    }

    static timeout(milliseconds) {
      const signal = new AbortSignal(secret);
      setTimeout(() => signal[secret](new DOMException('Signal timed out.', 'TimeoutError')), milliseconds);
      return signal;
    }

    static any(signals) {
      const all = [...signals];
      const signal = new AbortSignal(secret);
      const aborted = all.find((source) => source.aborted);
      if (aborted !== undefined) signal[secret](aborted.reason);
      else for (const source of all) source.addEventListener('abort', () => signal[secret](source.reason));
      return signal;
    }

    get aborted() { return this.#reason !== undefined; }

    get reason() { return this.#reason; }

    throwIfAborted() { if (this.aborted) throw this.#reason; }

    addEventListener(type, listener) { if (type === 'abort') this.#listeners.push(listener); }

    removeEventListener(type, listener) {
      if (type === 'abort') this.#listeners = this.#listeners.filter((known) => known !== listener);
    }

    [secret](reason = new DOMException('The signal has been aborted', 'AbortError')) {
      if (this.aborted) return;
      this.#reason = reason;
      const event = { type: 'abort', target: this };
      for (const listener of [this.onabort, ...this.#listeners]) {
        try {
          if (typeof listener === 'function') listener.call(this, event);
          else listener?.handleEvent?.(event);
        } catch (error) {
          host.reportError(error);
        }
      }
    }
  }

  class AbortController {
    #signal = new AbortSignal(secret);

    get signal() { return this.#signal; }

    abort(reason) { this.#signal[secret](reason); }
  }

  // ---- fetch ---------------------------------------------------------------------------------

  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

  class Headers {
    #values = new Map();
    // Cookies cannot be joined: their values may have commas.
    #cookies = [];
    #fixed = false;

    constructor(init = []) {
      for (const [name, value] of pairsOf(init)) this.append(name, value);
    }

    /** Headers that do not change any more. */
    static fix(headers) {
      headers.#fixed = true;
      return freeze(headers);
    }

    #name(name) {
      if (!TOKEN.test(name)) throw new TypeError(`Invalid header name: '${name}'`);
      return `${name}`.toLowerCase();
    }

    #write(name, value) {
      const text = `${value}`.trim();
      if (this.#fixed) throw new TypeError('The headers cannot be changed.');
      if (/[\0\r\n]|[^\0-\xff]/.test(text)) throw new TypeError(`Invalid header value: '${text}'`);
      if (name === 'set-cookie') this.#cookies.push(text);
      this.#values.set(name, name === 'set-cookie' ? this.#cookies.join(', ') : text);
    }

    append(name, value) {
      const key = this.#name(name);
      const earlier = key === 'set-cookie' ? undefined : this.#values.get(key);
      this.#write(key, earlier === undefined ? value : `${earlier}, ${value}`);
    }

    set(name, value) {
      const key = this.#name(name);
      if (key === 'set-cookie' && !this.#fixed) this.#cookies = [];
      this.#write(key, value);
    }

    delete(name) {
      if (this.#fixed) throw new TypeError('The headers cannot be changed.');
      const key = this.#name(name);
      if (key === 'set-cookie') this.#cookies = [];
      this.#values.delete(key);
    }

    get(name) { return this.#values.get(this.#name(name)) ?? null; }

    getSetCookie() { return [...this.#cookies]; }

    has(name) { return this.#values.has(this.#name(name)); }

    #sorted() {
      const sorted = [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
      return sorted.flatMap((pair) => (pair[0] === 'set-cookie' ? this.#cookies.map((cookie) => ['set-cookie', cookie]) : [pair]));
    }

    forEach(callback, self) {
      for (const [name, value] of this.#sorted()) callback.call(self, value, name, this);
    }

    entries() { return this.#sorted().values(); }

    keys() { return this.#sorted().map(([name]) => name).values(); }

    values() { return this.#sorted().map(([, value]) => value).values(); }

    [Symbol.iterator]() { return this.entries(); }
  }
  const { fix } = Headers;
  delete Headers.fix;
  freeze(Headers);
  freeze(Headers.prototype);

  /** The bytes of a body, and the type that goes with it. */
  const readBody = (body) => {
    if (body === undefined || body === null) return { bytes: null };
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return { bytes: bytesOf(body).slice() };
    const type = body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'text/plain';
    return { bytes: utf8Encode(`${body}`), type: `${type};charset=UTF-8` };
  };

  class Body {
    #bytes;
    #used = false;

    constructor(body, headers) {
      const { bytes, type } = readBody(body);
      this.#bytes = bytes;
      if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type);
    }

    get bodyUsed() { return this.#used; }

    async #take() {
      if (this.#used) throw new TypeError('Body already consumed.');
      this.#used = this.#bytes !== null;
      return this.#bytes ?? new Uint8Array(0);
    }

    /** The bytes for a copy; they stay here too. */
    [secret]() {
      if (this.#used) throw new TypeError('Body already consumed.');
      return this.#bytes;
    }

    async arrayBuffer() { return (await this.#take()).slice().buffer; }

    async bytes() { return (await this.#take()).slice(); }

    async text() { return utf8Decode(await this.#take(), false).replace(/^\uFEFF/, ''); }

    async json() { return JSON.parse(await this.text()); }
  }

  class Request extends Body {
    constructor(input, init = {}) {
      const from = input instanceof Request ? input : undefined;
      const method = `${init.method ?? from?.method ?? 'GET'}`;
      if (!TOKEN.test(method) || /^(?:connect|trace|track)$/i.test(method)) {
        throw new TypeError(`'${method}' is not a method that fetch may use.`);
      }
      const standard = /^(?:delete|get|head|options|post|put)$/i.test(method);
      const headers = new Headers(init.headers ?? from?.headers);
      const body = init.body ?? from?.[secret]();
      const name = standard ? method.toUpperCase() : method;
      if ((body ?? null) !== null && (name === 'GET' || name === 'HEAD')) {
        throw new TypeError('Request with GET/HEAD method cannot have body.');
      }
      super(body, headers);
      this.url = from?.url ?? new URL(input).href;
      this.method = name;
      this.headers = headers;
      this.redirect = `${init.redirect ?? from?.redirect ?? 'follow'}`;
      this.signal = init.signal ?? from?.signal ?? new AbortSignal(secret);
    }

    clone() { return new Request(this); }
  }

  class Response extends Body {
    constructor(body = null, { status = 200, statusText = '', headers = {} } = {}) {
      if (!(status >= 200 && status <= 599)) throw new RangeError('The status has to be within 200 and 599.');
      const own = new Headers(headers);
      super(body, own);
      this.headers = own;
      this.status = status;
      this.statusText = `${statusText}`;
      this.url = '';
      this.redirected = false;
      this.type = 'default';
    }

    static json(data, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
      return new Response(JSON.stringify(data), { ...init, headers });
    }

    get ok() { return this.status >= 200 && this.status <= 299; }

    clone() {
      const { url, redirected, type } = this;
      return Object.assign(new Response(this[secret](), this), { url, redirected, type });
    }
  }

  async function fetch(input, init) {
    const request = new Request(input, init);
    const { url, method, redirect, signal } = request;
    signal.throwIfAborted();
    const body = request[secret]();
    const head = JSON.stringify({ url, method, redirect, headers: [...request.headers] });
    let call;
    const answer = startCall((id) => {
      call = id;
      host.fetch(id, head, body === null ? undefined : binaryString(body));
    });
    const aborted = new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        dropCall(call);
        reject(signal.reason);
      });
    });
    const { value, bytes } = await Promise.race([answer, aborted]);
    const { status, statusText, headers } = value;
    const response = new Response(bytes, { status, statusText, headers });
    return Object.assign(response, { url: value.url, redirected: value.redirected, type: 'basic' });
  }

  const fixedHeaders = (pairs) => fix(new Headers(pairs));

  return { AbortController, AbortSignal, Headers, Request, Response, URL, URLSearchParams, fetch, fixedHeaders };
};
