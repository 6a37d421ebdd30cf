// From node's http to a plain "call", and from a plain answer back to the wire.
import { gzipSync } from 'node:zlib';

const MOST_BYTES = 2_000_000;

export class Refusal extends Error {
  constructor(status, type, code, message, param, headers = {}) {
    super(message);
    Object.assign(this, { status, type, code, param, headers });
  }
}

export const invalid = (app, message, param, code = 'parameter_invalid') =>
  new Refusal(app.choices.invalid, 'invalid_request_error', code, message, param);

export async function readCall(req) {
  const parts = [];
  let size = 0;
  for await (const part of req) {
    size += part.length;
    if (size <= MOST_BYTES) parts.push(part);
  }
  const [path, ...rest] = req.url.split('?');
  return {
    method: req.method,
    path,
    search: rest.join('?'),
    headers: req.headers,
    raw: Buffer.concat(parts),
    tooLarge: size > MOST_BYTES,
  };
}

export function stringify(value, style) {
  if (style === 'pretty') return JSON.stringify(value, null, 2) + '\n';
  const text = JSON.stringify(value);
  if (style !== 'ascii') return text;
  return text.replace(/[\u0080-\uffff]/g, (u) => '\\u' + u.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** The body of an error, and its media type. */
export function errorBody(refusal, style) {
  const { status, type, code, message, param } = refusal;
  if (style === 'none') return [undefined, undefined];
  if (style === 'message') return [{ message, code }, 'application/json'];
  if (style === 'problem') return [{ title: message, status, detail: code }, 'application/problem+json'];
  const error = { type, code, message };
  if (param !== undefined) error.param = param;
  error.doc_url = `https://docs.example/errors#${code}`;
  return [{ error }, 'application/json'];
}

export function write(res, call, answer, choices) {
  const headers = { ...answer.headers };
  let bytes = answer.bytes ?? Buffer.alloc(0);
  if (answer.type && bytes.length) headers['Content-Type'] = answer.type;
  if (choices.gzip && bytes.length > 150 && /\bgzip\b/.test(call.headers['accept-encoding'] ?? '')) {
    bytes = gzipSync(bytes);
    headers['Content-Encoding'] = 'gzip';
    headers['Vary'] = 'Accept-Encoding';
  }
  if (choices.connection === 'close') headers['Connection'] = 'close';
  if (answer.status !== 204 && (choices.framing === 'length' || !bytes.length || call.method === 'HEAD')) {
    headers['Content-Length'] = answer.length ?? bytes.length;
  }
  res.writeHead(answer.status, headers);
  if (call.method === 'HEAD') return res.end();
  if (answer.length !== undefined) return res.end(bytes.subarray(0, answer.length));
  if (choices.framing === 'chunked' && bytes.length > 40) {
    const cut = bytes.length >> 1;
    res.write(bytes.subarray(0, cut));
    return res.end(bytes.subarray(cut));
  }
  return res.end(bytes);
}
