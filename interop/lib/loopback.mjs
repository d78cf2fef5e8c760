// Keeps this process on this machine, and counts what it asks nodes for. Imported before all that talks to a network.
import net from 'node:net';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/** Hosts that something here tried to reach beside this machine. */
export const refusedHosts = [];

/** Paths of the requests made with `fetch`, oldest first; the official client calls nodes and relayers that way. */
export const fetched = [];

/** Path and status of what was answered, in the order in which it came. */
export const answered = [];

/** How many requests for `path` were made while `body` ran, and what it gave. */
export async function counting(path, body) {
  const before = fetched.length;
  const value = await body();
  return { value, requests: fetched.slice(before).filter((other) => other === path).length };
}

// `fetch`, http, https and web sockets all end up here.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const options = [args[0]].flat()[0];
  const host =
    typeof options === 'object' ? (options.path ?? options.host ?? 'localhost') : String(args[1] ?? 'localhost');
  if (LOOPBACK.has(host)) return connect.apply(this, args);
  refusedHosts.push(host);
  process.nextTick(() => this.destroy(new Error(`${host} is not this machine`)));
  return this;
};

const plainFetch = globalThis.fetch;
globalThis.fetch = async (resource, options) => {
  const path = new URL(resource.url ?? resource).pathname;
  fetched.push(path);
  const response = await plainFetch(resource, options);
  answered.push({ path, status: response.status });
  return response;
};
