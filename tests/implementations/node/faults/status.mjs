import { fault, numbering, wrap } from './tools.mjs';

const later = (ms, act) => setTimeout(act, ms).unref();

/** Change the way of messages that are sent now (not of those of the past). */
const route = (change) => (app) => {
  const number = numbering();
  const numbers = new WeakMap();
  wrap(app, 'deliver', (was, record) => { if (!record.past) numbers.set(record, number(record)); was(record); });
  wrap(app, 'itinerary', (was, record) => {
    const steps = was(record);
    return record.past || record.direction === 'inbound' ? steps : change(steps, record, numbers.get(record), app);
  });
};

/** Have something happen to a live message each time its status moves. */
const onMove = (change) => (app) => wrap(app, 'move', (was, record, status, at) => {
  const first = !record.history.length;
  was(record, status, at);
  if (!first && !record.past) change(record, status, at, app);
});

const last = (steps) => steps.at(-1)?.[0] ?? 500;

export default [
  fault('read-then-delivered', 'STAT-02 STAT-03 STAT-05 STAT-06', 'The timers of every third message in a conversation fire in the wrong order: after read it is delivered once more.', route((steps, record, n) => (n % 3 === 2 && steps.at(-1)?.[1] === 'read' ? [...steps, [last(steps) + 300, 'delivered']] : steps))),
  fault('delivered-then-sent', 'STAT-02 STAT-05', 'A late receipt of the provider sets delivered messages with an image back to sent for a moment.', route((steps, record) => {
    const at = steps.findIndex(([, s]) => s === 'delivered');
    if (record.type !== 'image' || at < 0) return steps;
    return [...steps.slice(0, at + 1), [steps[at][0] + 150, 'sent'], [steps[at][0] + 450, 'delivered'], ...steps.slice(at + 1).map(([t, s]) => [t + 400, s])];
  })),
  fault('sent-then-queued', 'STAT-02 STAT-05', 'After the answer said sent, the message is put into the queue.', route((steps) => [[0, 'queued'], [250, 'sent'], ...steps.filter(([, s]) => s !== 'sent').map(([t, s]) => [Math.max(t, 300), s])])),
  fault('failed-after-delivered', 'STAT-03', 'Every other message that fails was delivered before.', route((steps, record, n) => (n % 2 === 0 && steps.at(-1)?.[1] === 'failed' ? [...steps.slice(0, -1), [last(steps), 'delivered'], [last(steps) + 500, 'failed']] : steps))),
  fault('failed-then-retried', 'STAT-03 STAT-02 STAT-05 STAT-04-S', 'A failed message is retried: it is sent again, and fails again.', route((steps) => (steps.at(-1)?.[1] === 'failed' ? [...steps, [last(steps) + 300, 'sent'], [last(steps) + 700, 'failed']] : steps))),
  fault('failed-then-delivered', 'STAT-03 STAT-06 STAT-04-S', 'Every other failed message of a conversation is delivered after all.', route((steps, record, n) => (n % 2 === 1 && steps.at(-1)?.[1] === 'failed' ? [...steps, [last(steps) + 300, 'delivered']] : steps))),
  fault('read-then-failed', 'STAT-03', 'Messages of more than 200 characters fail after they were read.', route((steps, record) => (record.body.length > 200 && steps.at(-1)?.[1] === 'read' ? [...steps, [last(steps) + 200, 'failed']] : steps))),

  fault('failed-without-error', 'STAT-04', 'Every other failed message has no error.', (app) => {
    const number = numbering();
    onMove((record, status) => { if (status === 'failed' && number(record) % 2 === 0) delete record.error; })(app);
  }),
  fault('failed-error-empty', 'STAT-04', 'The error of a failed message is an empty string.', onMove((record, status) => { if (status === 'failed') record.error = ''; })),
  fault('failed-error-null', 'STAT-04', 'The error of a failed message is null.', onMove((record, status) => { if (status === 'failed') record.error = null; })),
  fault('error-comes-late', 'STAT-04', 'The error of a failed message follows half a second after its status.', onMove((record, status) => {
    if (status !== 'failed') return;
    const { error } = record;
    delete record.error;
    later(500, () => { record.error = error; });
  })),
  fault('error-on-delivered', 'STAT-04-S', 'Delivered messages have an error that says "none".', onMove((record, status) => { if (status === 'delivered') record.error = { code: '0', message: 'none' }; })),

  fault('second-never-settles', 'STAT-06', 'From the second send on in a conversation, messages remain sent.', route((steps, record, n) => (n >= 2 ? [] : steps))),
  fault('read-stops-at-delivered', 'STAT-06', 'Messages with characters beyond ASCII are delivered, but never read.', route((steps, record) => (/[^\x00-\x7f]/.test(record.body) ? steps.filter(([, s]) => s !== 'read') : steps))),
  fault('templates-not-delivered', 'STAT-06', 'Templates remain sent.', route((steps, record) => (record.type === 'template' ? [] : steps))),
  fault('failure-not-reported', 'STAT-06', 'A message that cannot be delivered remains sent.', route((steps) => steps.filter(([, s]) => s !== 'failed'))),
  fault('failed-removed', 'STAT-06 GET-01 LIST-10', 'A message that fails is removed.', (app) => {
    onMove((record, status) => {
      if (status !== 'failed') return;
      app.byId.delete(record.id);
      const sequence = app.sequences.get(record.account);
      sequence.splice(sequence.indexOf(record), 1);
    })(app);
  }),
  fault('delivery-waits-for-next', 'STAT-06', 'A message is delivered only when the next one is sent in its conversation.', (app) => {
    const waiting = new Map();
    wrap(app, 'deliver', (was, record) => {
      if (record.past || record.direction === 'inbound') return was(record);
      const before = waiting.get(record.conversation_id);
      waiting.set(record.conversation_id, () => was(record));
      return before?.();
    });
  }),

  fault('status-sending', 'STAT-01', 'Between queued and delivered a message is "sending".', route((steps) => [[Math.max(20, steps[0]?.[0] / 3 || 20), 'sending'], ...steps])),
  fault('status-seen', 'STAT-01 STAT-06', 'On whatsapp a message that was read is "seen".', route((steps, record) => steps.map(([t, s]) => [t, s === 'read' && record.channel === 'whatsapp' ? 'seen' : s]))),
  fault('status-undelivered', 'STAT-01', 'A message that fails is "undelivered" first.', route((steps) => (steps.at(-1)?.[1] === 'failed' ? [...steps.slice(0, -1), [last(steps) - 200, 'undelivered'], steps.at(-1)] : steps))),

  fault('answer-says-delivered', 'STAT-05 STAT-02', 'The answer to a send says delivered, while the message is only sent.', (app) => {
    wrap(app, 'sendView', (was, record, call) => ({ ...was(record, call), status: 'delivered' }));
  }),
  fault('list-status-behind', 'STAT-05', 'Lists show the status of one second ago, with no window declared.', (app) => {
    wrap(app, 'listedStatus', (was, record) => {
      const until = Date.now() - 1000;
      return (record.history.filter((h) => h.at <= until).at(-1) ?? record.history[0]).status;
    });
  }),
  fault('retrieve-cached', 'STAT-05', 'What was retrieved is answered from a cache for 0.8 seconds; lists are fresh.', (app) => {
    const cache = new Map();
    wrap(app, 'retrieve', (was, call, who, id) => {
      const key = `${who.account.name}/${id}`;
      const kept = cache.get(key);
      if (kept && Date.now() - kept.at < 800) return kept.answer;
      const answer = was(call, who, id);
      cache.set(key, { answer, at: Date.now() });
      return answer;
    });
  }),
  fault('list-cached', 'STAT-05 LIST-10', 'A list with the same query is answered from a cache for a second.', (app) => {
    const cache = new Map();
    wrap(app, 'list', (was, call, who) => {
      const key = `${who.account.name}?${call.search}`;
      const kept = cache.get(key);
      if (kept && Date.now() - kept.at < 1000) return kept.answer;
      const answer = was(call, who);
      cache.set(key, { answer, at: Date.now() });
      return answer;
    });
  }),
  fault('replica-flips', 'STAT-05', 'Every other retrieval goes to a replica that is half a second behind.', (app) => {
    let n = 0;
    wrap(app, 'retrieveView', (was, record, call) => {
      const view = was(record, call);
      if (record.past || n++ % 2 === 0) return view;
      const until = Date.now() - 500;
      view.status = (record.history.filter((h) => h.at <= until).at(-1) ?? record.history[0]).status;
      if (view.status !== 'failed') delete view.error;
      return view;
    });
  }),

  fault('created-at-follows-status', 'STAT-07 GET-02 PAGE-09', 'created_at is rewritten when the status moves.', onMove((record, status, at) => { record.micros = Math.max(record.micros, at * 1000) + 1_000_000; })),
  fault('metadata-lost-on-delivery', 'STAT-07 GET-02 SEND-10', 'When a message is delivered its record is replaced by one without metadata.', onMove((record, status) => { if (status === 'delivered') record.metadata = undefined; })),
  fault('metadata-gains-receipt', 'STAT-07 GET-02', "The provider's receipt is written into metadata when a message is read or fails.", onMove((record, status) => {
    if (status === 'read' || status === 'failed') record.metadata = { ...record.metadata, provider_receipt: String(record.seq) };
  })),
  fault('failure-falls-back-to-sms', 'STAT-07 GET-02 SEND-17', 'When a message fails its channel becomes sms.', onMove((record, status) => { if (status === 'failed') record.channel = 'sms'; })),
  fault('body-cleaned-on-delivery', 'STAT-07 GET-02', 'When a message is delivered, characters beyond the BMP in its body become "?".', onMove((record, status) => {
    if (status === 'delivered') record.body = record.body.replace(/[\u{10000}-\u{10ffff}]/gu, '?');
  })),
  fault('template-becomes-text', 'STAT-07 GET-02', 'When a template is delivered its type becomes text.', onMove((record, status) => { if (status === 'delivered' && record.type === 'template') record.type = 'text'; })),
  fault('body-goes-when-read', 'STAT-07 GET-02', 'The body of an image is emptied once it was read.', onMove((record, status) => { if (status === 'read' && record.type === 'image') record.body = ''; })),
];
