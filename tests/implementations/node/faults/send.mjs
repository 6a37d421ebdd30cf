import { fault, numbering, wrap } from './tools.mjs';

const lenient = (text) => {
  try {
    return JSON.parse(text);
  } catch (problem) {
    const end = text.lastIndexOf('}');
    const cut = end < 0 ? text : text.slice(text.indexOf('{'), end + 1).replace(/,\s*([}\]])/g, '$1').replace(/'/g, '"');
    for (const attempt of [cut, text + '}', text + '"}', text + '}}']) {
      try { return JSON.parse(attempt); } catch { /* the next */ }
    }
    throw problem;
  }
};

/** Answers that a crash gives: anything but a refusal within `method` becomes a 500. */
const crashing = (app, method, when) => wrap(app, method, (was, ...args) => {
  if (when(...args)) throw new TypeError('unforeseen');
  return was(...args);
});

export default [
  // type
  fault('template-unknown', 'SEND-03', 'Messages of type "template" are refused.', (app) => {
    wrap(app, 'checkType', (was, p) => was(p.type === 'template' ? { type: 'Template' } : p));
  }),
  fault('type-default-missing', 'SEND-03 SEND-02 GET-01', 'Without a type in the request there is none in the message.', (app) => {
    wrap(app, 'fullView', (was, record, call) => {
      const view = was(record, call);
      if (record.untyped) delete view.type;
      return view;
    });
    wrap(app, 'draft', (was, payload, account) => ({ ...was(payload, account), untyped: payload.type === undefined }));
    wrap(app, 'makeRecord', (was, draft) => Object.assign(was(draft), { untyped: draft.untyped }));
  }),
  fault('type-any-case', 'SEND-04', 'The type is compared without regard to case: "TEXT" and "Image" are accepted.', (app) => {
    wrap(app, 'checkType', (was, p) => was(typeof p.type === 'string' ? { ...p, type: p.type.toLowerCase() } : p));
  }),
  fault('type-by-in', 'SEND-04', 'A type counts as known if `type in TYPES`: "constructor" and "toString" are accepted.', (app) => {
    wrap(app, 'checkType', (was, p) => (typeof p.type === 'string' && p.type in {} ? p.type : was(p)));
  }),
  fault('type-anything-with-media', 'SEND-04', 'With a media_url any type is accepted ("video").', (app) => {
    wrap(app, 'checkType', (was, p) => (typeof p.type === 'string' && p.type && p.media_url ? p.type : was(p)));
  }),
  fault('type-unknown-becomes-text', 'SEND-04', 'An unknown type is not refused; the message is sent as text.', (app) => {
    wrap(app, 'checkType', (was, p) => { try { return was(p); } catch (r) { if (typeof p.type !== 'string') throw r; return 'text'; } });
  }),
  fault('type-one-in-list', 'SEND-09', 'A type given as ["text"] is accepted, as == would have it.', (app) => {
    wrap(app, 'checkType', (was, p) => was({ ...p, type: Array.isArray(p.type) ? String(p.type) : p.type }));
  }),
  fault('image-answers-as-text', 'SEND-03', 'An image is accepted, but answered and kept as text.', (app) => {
    wrap(app, 'checkMedia', (was, p) => { was(p); if (p.type === 'image') p.type = 'text'; });
  }),

  // media_url
  fault('image-without-media', 'SEND-08', 'An image without a media_url is accepted.', (app) => {
    wrap(app, 'checkMedia', (was, p) => (p.type === 'image' && p.media_url === undefined ? undefined : was(p)));
  }),
  fault('image-media-unchecked', 'SEND-08-S', 'An image whose media_url is empty or no URL is accepted.', (app) => {
    wrap(app, 'checkMedia', (was, p) => (typeof p.media_url === 'string' ? undefined : was(p)));
  }),
  fault('media-number', 'SEND-09', 'A media_url that is a number is turned into a string, unless the message is an image.', (app) => {
    wrap(app, 'checkMedia', (was, p) => {
      if (p.type !== 'image' && typeof p.media_url === 'number') p.media_url = String(p.media_url);
      return was(p);
    });
  }),

  // conversation_id
  fault('conversation-in-list', 'SEND-06', 'conversation_id may be a list of one, for it becomes a string as a key of an object.', (app) => {
    wrap(app, 'checkConversation', (was, p) => {
      if (Array.isArray(p.conversation_id) && p.conversation_id.length === 1) p.conversation_id = String(p.conversation_id);
      return was(p);
    });
  }),
  fault('conversation-missing-uses-last', 'SEND-06', 'Without conversation_id the message goes where the one before it went.', (app) => {
    let last;
    wrap(app, 'checkConversation', (was, p) => {
      p.conversation_id ??= last;
      return was(p);
    });
    wrap(app, 'findConversation', (was, id, account) => {
      const found = was(id, account);
      last = id;
      return found;
    });
  }),
  fault('conversation-by-prefix', 'SEND-12', 'The beginning of a conversation id is enough.', (app) => {
    wrap(app, 'findConversation', (was, id, account) => {
      const found = [...account.conversations.values()].find((c) => id && c.id.startsWith(id));
      return account.conversations.get(id) ?? found ?? was(id, account);
    });
  }),
  fault('conversation-trimmed', 'SEND-12', 'White space about a conversation id is cut off before it is looked up: "id " is accepted.', (app) => {
    wrap(app, 'findConversation', (was, id, account) => was(id.trim(), account));
  }),
  fault('conversation-created', 'SEND-12', 'A send in an unknown conversation creates it.', (app) => {
    wrap(app, 'findConversation', (was, id, account) => {
      try { return was(id, account); } catch {
        const made = { id, channel: 'web_chat', outcome: 'delivered' };
        account.conversations.set(id, made);
        return made;
      }
    });
  }),
  fault('conversation-of-others', 'SEND-12', "A send in another account's conversation is accepted.", (app) => {
    wrap(app, 'findConversation', (was, id, account) => {
      for (const a of app.world.accounts) if (a.conversations.has(id)) return a.conversations.get(id);
      return was(id, account);
    });
  }),
  fault('conversation-unknown-200', 'SEND-12', 'A send in an unknown conversation answers 200 with an error object.', (app) => {
    wrap(app, 'findConversation', (was, id, account) => {
      try { return was(id, account); } catch (refusal) { refusal.status = 200; throw refusal; }
    });
  }),
  fault('conversation-unknown-kept', 'SEND-12 SEND-14', 'A send in an unknown conversation is refused, but its message shows up in the unfiltered list.', (app) => {
    wrap(app, 'draft', (was, payload, account) => {
      try { return was(payload, account); } catch (refusal) {
        if (refusal.code === 'conversation_unknown') {
          app.keep({ account, conversation: { id: payload.conversation_id, channel: 'web_chat', outcome: 'sent' }, direction: 'outbound', body: payload.body, type: 'text' });
        }
        throw refusal;
      }
    });
  }),
  fault('channel-of-image', 'SEND-17', 'Images are always sent through whatsapp.', (app) => {
    wrap(app, 'makeRecord', (was, draft) => {
      const record = was(draft);
      if (record.type === 'image' && !draft.past) record.channel = record.channel === 'whatsapp' ? 'mms' : 'whatsapp';
      return record;
    });
  }),
  fault('channel-of-previous', 'SEND-17', 'The channel is that of the send before, when that was less than a second ago.', (app) => {
    let last;
    wrap(app, 'makeRecord', (was, draft) => {
      const record = was(draft);
      if (draft.past) return record;
      const own = record.channel;
      if (last && Date.now() - last.at < 1000) record.channel = last.channel;
      last = { channel: own, at: Date.now() };
      return record;
    });
  }),

  // payload
  fault('malformed-500', 'SEND-13 ERR-01', 'Malformed JSON ends in a 500.', (app) => {
    app.parseJson = (text) => JSON.parse(text || '""');
    crashing(app, 'parsePayload', (call) => { try { JSON.parse(call.raw.toString() || '{}'); } catch { return true; } return false; });
  }),
  fault('null-payload-500', 'SEND-13 ERR-01', 'The payload `null` ends in a 500, because typeof null is object.', (app) => {
    crashing(app, 'parsePayload', (call) => call.raw.toString().trim() === 'null');
  }),
  fault('empty-payload-500', 'SEND-13 ERR-01', 'An empty payload ends in a 500.', (app) => {
    crashing(app, 'parsePayload', (call) => call.raw.length === 0);
  }),
  fault('payload-list-unwrapped', 'SEND-13', 'Of a payload that is a list the first element is sent.', (app) => {
    wrap(app, 'parseJson', (was, text) => { const v = was(text); return Array.isArray(v) && v.length ? v[0] : v; });
  }),
  fault('payload-in-string', 'SEND-13', 'A payload that is a JSON string of JSON is parsed twice.', (app) => {
    wrap(app, 'parseJson', (was, text) => { const v = was(text); return typeof v === 'string' ? JSON.parse(v) : v; });
  }),
  fault('malformed-repaired', 'SEND-13', 'Malformed JSON is repaired: trailing commas, rubbish after the end, a missing last brace, single quotes.', (app) => {
    app.parseJson = lenient;
  }),
  fault('other-media-type-500', 'SEND-18 ERR-01', 'A payload of another Content-Type is not parsed and ends in a 500.', (app) => {
    crashing(app, 'checkContentType', (call) => !/json/i.test(call.headers['content-type'] ?? ''));
  }),
  fault('other-media-type-read', 'SEND-18', 'A text/plain payload is read as JSON.', (app) => { app.choices.contentType = 'accept'; }),
  fault('unknown-field-500', 'SEND-18 ERR-01', 'A payload with a field that has no column ends in a 500.', (app) => {
    const columns = ['conversation_id', 'body', 'type', 'media_url', 'metadata', 'id', 'object', 'status', 'direction', 'channel', 'created_at'];
    crashing(app, 'draft', (payload) => Object.keys(payload).some((k) => !columns.includes(k)));
  }),

  // what the server owns
  fault('client-fields-win', 'SEND-16 SEND-17 SEND-02 STAT-01', 'The payload is spread over the message: direction, status and channel are as the client says.', (app) => {
    wrap(app, 'draft', (was, payload, account) => ({ ...was(payload, account), given: payload }));
    wrap(app, 'makeRecord', (was, draft) => {
      const record = was(draft);
      for (const name of ['direction', 'status', 'channel']) if (typeof draft.given?.[name] === 'string') record[name] = draft.given[name];
      return record;
    });
  }),
  fault('client-sets-created-at', 'SEND-16 PAGE-09', 'created_at is taken from the payload when it is a date.', (app) => {
    wrap(app, 'draft', (was, payload, account) => ({ ...was(payload, account), given: Date.parse(payload.created_at) * 1000 }));
    wrap(app, 'makeRecord', (was, draft) => {
      const record = was(draft);
      if (draft.given) record.micros = draft.given;
      return record;
    });
  }),
  fault('client-sets-id', 'SEND-16 SEND-15', 'The id is taken from the payload when there is one.', (app) => {
    wrap(app, 'draft', (was, payload, account) => ({ ...was(payload, account), given: payload.id }));
    wrap(app, 'makeRecord', (was, draft) => {
      const record = was(draft);
      if (typeof draft.given === 'string' && draft.given) record.id = draft.given;
      return record;
    });
  }),
  fault('metadata-sets-fields', 'SEND-16 SEND-02 STAT-01 SEND-17', 'metadata is merged into the message: its key "status" or "type" or "channel" overrides the field.', (app) => {
    wrap(app, 'fullView', (was, record, call) => {
      const view = was(record, call);
      for (const name of ['status', 'type', 'channel', 'object']) {
        if (record.metadata && Object.hasOwn(record.metadata, name)) view[name] = record.metadata[name];
      }
      return view;
    });
  }),

  // refused and kept, accepted and not kept, ids
  fault('too-long-is-kept', 'SEND-14', 'A body that is too long is refused after the message was kept.', (app) => {
    wrap(app, 'draft', (was, payload, account) => {
      try { return was(payload, account); } catch (refusal) {
        if (refusal.code === 'too_long') app.keep(was({ ...payload, body: payload.body.slice(0, 4096) }, account));
        throw refusal;
      }
    });
  }),
  fault('bad-metadata-is-kept', 'SEND-14', 'metadata is checked last, after the message was kept: refused, and there.', (app) => {
    wrap(app, 'draft', (was, payload, account) => {
      try { return was(payload, account); } catch (refusal) {
        if (refusal.param === 'metadata') app.keep(was({ ...payload, metadata: {} }, account));
        throw refusal;
      }
    });
  }),
  fault('same-payload-same-message', 'SEND-15', 'A payload identical to one of the last minute is answered with that message.', (app) => {
    const recent = new Map();
    wrap(app, 'keep', (was, draft, payload) => {
      if (!payload) return was(draft);
      const mark = JSON.stringify(payload);
      const old = recent.get(mark);
      if (old && Date.now() - old.at < 60_000) return old.record;
      const record = was(draft);
      recent.set(mark, { record, at: Date.now() });
      return record;
    });
  }),
  fault('double-click-guard', 'SEND-15', 'The same body twice within a tenth of a second in one conversation is one message.', (app) => {
    const recent = new Map();
    wrap(app, 'keep', (was, draft, payload) => {
      if (!payload) return was(draft);
      const mark = draft.conversation.id + draft.body;
      const old = recent.get(mark);
      const record = old && Date.now() - old.at < 100 ? old.record : was(draft);
      recent.set(mark, { record, at: Date.now() });
      return record;
    });
  }),
  fault('id-from-the-clock', 'SEND-15 CONC-01', 'Ids are hundredths of a second: two sends in one share theirs.', (app) => {
    wrap(app, 'makeRecord', (was, draft) => {
      const record = was(draft);
      if (!draft.past) record.id = `msg_${Math.floor(record.micros / 10_000).toString(36)}`;
      return record;
    });
  }),
  fault('one-in-twenty-lost', 'GET-01 LIST-10 CONC-01', 'One in twenty sends is accepted and then nowhere.', (app) => {
    let n = 0;
    wrap(app, 'store', (was, record) => { if (record.past || ++n % 20 !== 0) was(record); });
  }),
  fault('late-to-retrieve', 'GET-01 GET-04', 'A message can be retrieved only 400 ms after its send was answered, with no window declared.', (app) => {
    wrap(app, 'find', (was, id, who) => {
      const record = was(id, who);
      if (!record.past && Date.now() - record.history[0].at < 400) throw app.notFound();
      return record;
    });
  }),
  fault('late-to-list', 'LIST-10', 'A message is listed only 700 ms after its send was answered, with no window declared.', (app) => {
    wrap(app, 'ordered', (was, account, query) => was(account, query).filter((r) => r.past || Date.now() - r.history[0].at >= 700));
  }),
  fault('images-late-to-list', 'LIST-10', 'Images are listed only once a thumbnail is made, 1.2 seconds later.', (app) => {
    wrap(app, 'ordered', (was, account, query) => was(account, query).filter((r) => r.past || r.type !== 'image' || Date.now() - r.history[0].at >= 1200));
  }),

  // the answer
  fault('answer-without-metadata', 'SEND-02 SEND-10 GET-02', 'The answer to a send has empty metadata, whatever was sent; retrieving shows it.', (app) => {
    wrap(app, 'sendView', (was, record, call) => ({ ...was(record, call), metadata: {} }));
  }),
  fault('id-is-a-number', 'SEND-02', 'The id in the answer to a send is a number.', (app) => {
    app.makeId = () => String(500000 + app.count);
    wrap(app, 'sendView', (was, record, call) => ({ ...was(record, call), id: Number(record.id) }));
  }),
  fault('created-at-without-zone', 'SEND-02 GET-02', 'created_at has no offset in the answer to a send, as a database gives it.', (app) => {
    wrap(app, 'sendView', (was, record, call) => ({ ...was(record, call), created_at: new Date(record.micros / 1000).toISOString().slice(0, 19) }));
  }),
  fault('created-at-epoch', 'SEND-02 GET-01 GET-04', 'created_at is a number of seconds in whole messages; lists show a date.', (app) => {
    const epoch = (was, record, call) => ({ ...was(record, call), created_at: Math.floor(record.micros / 1e6) });
    wrap(app, 'sendView', epoch);
    wrap(app, 'retrieveView', epoch);
  }),
  fault('created-at-rounds-up', 'GET-02', 'The answer to a send has the time cut to seconds, the stored message has it rounded: half of them differ by a second.', (app) => {
    wrap(app, 'retrieveView', (was, record, call) => ({ ...was(record, call), created_at: app.stamp(record.past ? record.micros : Math.round(record.micros / 1e6) * 1e6) }));
    wrap(app, 'itemView', (was, record, query, call) => ({ ...was(record, query, call), created_at: app.stamp(record.past ? record.micros : Math.round(record.micros / 1e6) * 1e6) }));
  }),
  fault('clock-ten-minutes-fast', 'SEND-02-S2', 'created_at is ten minutes ahead.', (app) => {
    wrap(app, 'stamp', (was, micros) => was(micros + 600_000_000));
  }),
  fault('id-without-prefix', 'SEND-02-S1', 'Ids do not begin with msg_.', (app) => { app.choices.idForm = 'plain'; }),
  fault('template-answers-pending', 'STAT-01 SEND-02', 'The answer to sending a template has the status "pending".', (app) => {
    wrap(app, 'sendView', (was, record, call) => {
      const view = was(record, call);
      if (record.type === 'template') view.status = 'pending';
      return view;
    });
  }),
  fault('later-answers-without-object', 'SEND-02', 'From the second send on in a conversation, the answer lacks `object` (merged from a cache).', (app) => {
    const number = numbering();
    wrap(app, 'sendView', (was, record, call) => {
      const view = was(record, call);
      if (number(record) > 1) delete view.object;
      return view;
    });
  }),
];

