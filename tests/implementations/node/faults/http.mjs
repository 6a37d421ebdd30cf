// Errors, the wire, and sends at the same time.
import { Refusal, fault, sleep, wrap } from './tools.mjs';

const answers = (change) => (app) => wrap(app, 'refused', (was, call, refusal) => change(was(call, refusal), refusal, call));
const json = (answer, value) => ({ ...answer, type: 'application/json', bytes: Buffer.from(JSON.stringify(value)) });
const bytes = (change) => (app) => wrap(app, 'finish', (was, call, answer) => { const done = was(call, answer); return done.bytes ? change(done, answer, call) : done; });
const other = (change) => (app) => wrap(app, 'otherMethod', (was, call, allow, id, who) => change(was, call, allow, id, who, app) ?? was(call, allow, id, who));

/** Keep sends in flight for a moment, as a database would. Messages of the past are kept at once. */
const flight = (change) => (app) => wrap(app, 'keep', (was, draft, payload) => (payload ? change(was, draft, app, payload) : was(draft)));

export default [
  // methods
  fault('delete-removes', 'HTTP-02-M HTTP-02', 'DELETE removes a message and answers 204.', other((was, call, allow, id, who, app) => {
    if (call.method !== 'DELETE' || id === undefined) return undefined;
    const record = app.find(id, who);
    app.byId.delete(id);
    const sequence = app.sequences.get(who.account);
    sequence.splice(sequence.indexOf(record), 1);
    return { status: 204 };
  })),
  fault('patch-changes', 'HTTP-02-M HTTP-02', 'PATCH changes the body of a message.', other((was, call, allow, id, who, app) => {
    if (call.method !== 'PATCH' || id === undefined) return undefined;
    const record = app.find(id, who);
    try { record.body = String(JSON.parse(call.raw).body ?? record.body); } catch { /* as it was */ }
    return { status: 200, body: app.fullView(record) };
  })),
  fault('put-refused-and-done', 'HTTP-02-M', 'PUT on a message answers 405, but changes its metadata to the payload.', other((was, call, allow, id, who, app) => {
    if (call.method === 'PUT' && id !== undefined) {
      try { app.find(id, who).metadata = { updated: 'yes', ...JSON.parse(call.raw) }; } catch { /* nothing */ }
    }
    return undefined;
  })),
  fault('post-on-item-repeats', 'HTTP-02-M HTTP-02', 'POST on a message sends it once more.', other((was, call, allow, id, who, app) => {
    if (call.method !== 'POST' || id === undefined) return undefined;
    const { account, conversation, body, type, metadata } = app.find(id, who);
    app.keep({ account, conversation, body, type, metadata, direction: 'outbound' });
    return { status: 202, body: { object: 'message', id } };
  })),
  fault('delete-list-empties', 'HTTP-02-M', 'DELETE on the collection removes the newest message, and answers 405.', other((was, call, allow, id, who, app) => {
    if (call.method === 'DELETE' && id === undefined) app.byId.delete(app.sequences.get(who?.account ?? app.world.main).pop()?.id);
    return undefined;
  })),
  fault('other-method-500', 'HTTP-02 ERR-01', 'A method that is not served ends in a 500.', other(() => { throw new Error('no handler'); })),
  fault('other-method-200', 'HTTP-02', 'A method that is not served answers 200 with an empty object.', other(() => ({ status: 200, body: {} }))),
  fault('no-allow', 'HTTP-02', 'A 405 comes without Allow.', answers((answer) => {
    const { Allow, ...headers } = answer.headers ?? {};
    return { ...answer, headers };
  })),

  // bodies
  fault('length-in-utf16', 'ERR-01 HTTP-01', 'Content-Length is counted with String.length: an answer with "é" or an emoji is cut off.', (app) => {
    wrap(app, 'finish', (was, call, answer) => {
      const done = was(call, answer);
      if (done.bytes) done.length = done.bytes.toString('utf8').length;
      return done;
    });
  }),
  fault('latin1-lists', 'HTTP-01 LIST-02', 'Lists are written as Latin-1, with "?" for what it does not have.', bytes((done, answer) => (
    answer.body?.object === 'list' ? { ...done, bytes: Buffer.from(done.bytes.toString('utf8').replace(/[^\x00-\xff]/gu, '?'), 'latin1') } : done))),
  fault('content-type-html', 'HTTP-01-S', 'Lists come with Content-Type text/html.', bytes((done, answer) => (answer.body?.object === 'list' ? { ...done, type: 'text/html' } : done))),
  fault('no-content-type', 'HTTP-01-S', 'The answer to a send has no Content-Type.', bytes((done, answer, call) => (call.method === 'POST' ? { ...done, type: undefined } : done))),
  fault('nan-in-empty-list', 'HTTP-01', 'An empty list carries an average that is NaN.', bytes((done, answer) => (
    answer.body?.object === 'list' && !answer.body.data.length ? { ...done, bytes: Buffer.from(done.bytes.toString().replace(/\}\s*$/, ',"average_length":NaN}')) } : done))),
  fault('status-twice', 'HTTP-01', 'A retrieved message has the key "status" twice.', bytes((done, answer, call) => (
    call.method === 'GET' && answer.body?.object === 'message' ? { ...done, bytes: Buffer.from(done.bytes.toString().replace('{', `{"status":${JSON.stringify(answer.body.status)},`)) } : done))),
  fault('bom-first', 'HTTP-01', 'Retrieved messages begin with a byte order mark.', bytes((done, answer, call) => (
    call.method === 'GET' && answer.body?.object === 'message' ? { ...done, bytes: Buffer.concat([Buffer.from('\ufeff'), done.bytes]) } : done))),
  fault('json-by-hand', 'HTTP-01 ERR-01', 'Tabs in a body stand unescaped in lists.', bytes((done, answer) => (
    answer.body?.object === 'list' ? { ...done, bytes: Buffer.from(done.bytes.toString().replaceAll('\\t', '\t')) } : done))),
  fault('large-list-cut', 'ERR-01 HTTP-01', 'An answer of more than 16 KiB ends after them.', bytes((done) => (done.bytes.length > 16_384 ? { ...done, bytes: done.bytes.subarray(0, 16_384) } : done))),

  // errors
  fault('error-page-html', 'ERR-02', 'A 404 is a page of HTML.', answers((answer, refusal) => (
    refusal.status === 404 ? { ...answer, type: 'text/html', bytes: Buffer.from('<!DOCTYPE html><title>Not Found</title><pre>Cannot GET</pre>') } : answer))),
  fault('error-with-stack', 'ERR-04', 'The error of malformed JSON has the stack in it.', answers((answer, refusal) => (
    refusal.code === 'json_invalid' ? json(answer, { error: { type: refusal.type, code: refusal.code, message: refusal.message, stack: refusal.stack } }) : answer))),
  fault('error-with-query', 'ERR-04', 'The message of a 404 shows the query that found nothing.', answers((answer, refusal) => (
    refusal.code === 'message_unknown' ? json(answer, { error: { type: refusal.type, code: refusal.code, message: 'no rows: SELECT * FROM messages WHERE id = $1 AND account_id = $2' } }) : answer))),
  fault('error-is-text', 'ERR-02', 'An error is {"error": "text"}.', answers((answer, refusal) => json(answer, { error: refusal.message }))),
  fault('error-type-own', 'ERR-02', 'Refused parameters have an error of the type "validation_error".', answers((answer, refusal) => (
    refusal.param && refusal.status < 404 ? json(answer, { error: { type: 'validation_error', code: refusal.code, message: refusal.message, param: refusal.param } }) : answer))),
  fault('error-type-of-404', 'ERR-03', 'A 404 has the type invalid_request_error.', (app) => {
    wrap(app, 'refused', (was, call, refusal) => {
      if (refusal.status === 404) refusal.type = 'invalid_request_error';
      return was(call, refusal);
    });
  }),
  fault('error-param-body', 'ERR-03', 'The param of an error is always "body".', (app) => {
    wrap(app, 'refused', (was, call, refusal) => {
      if (refusal.param) refusal.param = 'body';
      return was(call, refusal);
    });
  }),
  fault('error-409', 'ERR-03', 'Refused parameters answer 409.', (app) => {
    wrap(app, 'refused', (was, call, refusal) => {
      if (refusal.status === 400 || refusal.status === 422) refusal.status = 409;
      return was(call, refusal);
    });
  }),
  fault('malformed-200', 'SEND-13', 'Malformed JSON answers 200 with an error object.', (app) => {
    wrap(app, 'refused', (was, call, refusal) => {
      if (refusal.code === 'json_invalid') refusal.status = 200;
      return was(call, refusal);
    });
  }),
  fault('limited-without-retry-after', 'HTTP-03', 'Every fiftieth request answers 429, without Retry-After.', (app) => {
    wrap(app, 'throttle', (was, call) => {
      was(call);
      if (app.requests % 50 === 0) throw new Refusal(429, 'rate_limit_error', 'rate_limited', 'Too many requests.');
    });
  }),
  fault('one-in-sixty-500', 'ERR-01', 'Every sixtieth request ends in a 500.', (app) => {
    wrap(app, 'throttle', (was, call) => { was(call); if (app.requests % 60 === 0) throw new Error('connection lost'); });
  }),
  fault('limited-and-done', 'SEND-14', 'Every tenth send answers 429 with Retry-After, after the message was kept.', (app) => {
    let n = 0;
    wrap(app, 'send', async (was, call, who) => {
      const answer = await was(call, who);
      if (++n % 10 === 0) throw new Refusal(429, 'rate_limit_error', 'rate_limited', 'Too many requests.', undefined, { 'Retry-After': '1' });
      return answer;
    });
  }),

  // at the same time
  fault('lost-update', 'CONC-01 LIST-10', 'The list is read, waited for, and written back: of sends at the same time only the last is listed.', flight(async (was, draft, app) => {
    const record = app.makeRecord(draft);
    app.byId.set(record.id, record);
    const copy = [...app.sequences.get(record.account)];
    await sleep(12);
    app.sequences.set(record.account, [...copy, record]);
    app.deliver(record);
    return record;
  })),
  fault('id-by-count', 'CONC-01 SEND-15', 'The id is the count of messages, read before a wait: sends at the same time share it.', flight(async (was, draft, app) => {
    const number = app.sequences.get(draft.account).length;
    await sleep(10);
    const record = app.makeRecord(draft);
    record.id = `msg_${String(number).padStart(9, '0')}`;
    app.store(record);
    app.deliver(record);
    return record;
  })),
  fault('draft-shared', 'CONC-01 SEND-02', 'The draft is kept in a variable of the module during a wait: of sends at the same time, all have the body of the last.', (app) => {
    let draftInHand;
    flight(async (was, draft) => {
      draftInHand = draft;
      await sleep(10);
      return was(draftInHand);
    })(app);
  }),
  fault('listed-twice-when-busy', 'CONC-01 LIST-10', 'A send that begins while another is under way is listed twice.', (app) => {
    let busy = 0;
    flight(async (was, draft) => {
      const doubled = busy > 0;
      busy += 1;
      await sleep(10);
      const record = was(draft);
      if (doubled) app.sequences.get(record.account).push(record);
      busy -= 1;
      return record;
    })(app);
  }),
  fault('busy-503', 'ERR-01 CONC-01', 'More than three sends at the same time answer 503.', (app) => {
    let busy = 0;
    flight(async (was, draft) => {
      if (busy >= 3) throw new Refusal(503, 'api_error', 'busy', 'Try again.');
      busy += 1;
      try { await sleep(15); return was(draft); } finally { busy -= 1; }
    })(app);
  }),
  fault('inserted-out-of-order', 'PAGE-09 LIST-10', 'Every fourth message is listed with a delay of 0.3 s, ordered by arrival in the index but dated when it was sent.', (app) => {
    let n = 0;
    wrap(app, 'store', (was, record) => {
      if (record.past || ++n % 4) return was(record);
      app.byId.set(record.id, record);
      setTimeout(() => app.sequences.get(record.account).push(record), 300).unref();
      return undefined;
    });
  }),
];
