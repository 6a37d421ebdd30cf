// Retrieving one, listing many: filters, limits, items.
import { fault, wrap } from './tools.mjs';

const item = (change) => (app) => wrap(app, 'itemView', (was, record, query, call) => change(was(record, query, call), record, query, app));
const limits = (change) => (app) => wrap(app, 'readLimit', (was, given) => change(was, given.get('limit'), given));
const shown = (keep) => (app) => wrap(app, 'matches', (was, record, query) => was(record, query) && keep(record, query, app));

export default [
  // retrieve
  fault('unknown-id-200', 'GET-03', 'An unknown id answers 200 with null.', (app) => {
    wrap(app, 'retrieve', (was, call, who, id) => (app.byId.has(id) ? was(call, who, id) : { status: 200, body: null }));
  }),
  fault('unknown-id-latest', 'GET-03', 'An unknown id that begins with msg_ answers with the latest message.', (app) => {
    wrap(app, 'retrieve', (was, call, who, id) => {
      const known = app.byId.has(id) || !id.startsWith('msg_');
      return was(call, who, known ? id : app.sequences.get(who.account).at(-1)?.id ?? id);
    });
  }),
  fault('long-id-500', 'GET-03 ERR-01', 'An id of more than 255 characters ends in a 500.', (app) => {
    wrap(app, 'retrieve', (was, call, who, id) => { if (id.length > 255) throw new RangeError('too long'); return was(call, who, id); });
  }),
  fault('percent-id-500', 'GET-03 ERR-01', 'An id with a broken percent escape ends in a URIError and a 500.', (app) => { app.decodeId = (text) => decodeURIComponent(text); }),
  fault('control-id-500', 'GET-03 ERR-01', 'An id with an escaped control character or slash ends in a 500.', (app) => {
    wrap(app, 'retrieve', (was, call, who, id) => { if (/[\u0000-\u001f/]/.test(id)) throw new Error('bad path'); return was(call, who, id); });
  }),
  fault('id-any-case', 'GET-03', 'Ids are looked up without regard to case.', (app) => {
    wrap(app, 'find', (was, id, who) => {
      if (app.byId.has(id)) return was(id, who);
      for (const key of app.byId.keys()) if (key.toLowerCase() === id.toLowerCase()) return was(key, who);
      return was(id, who);
    });
  }),
  fault('inbound-not-retrievable', 'GET-04', 'Inbound messages are listed, but cannot be retrieved.', (app) => {
    wrap(app, 'find', (was, id, who) => {
      const record = was(id, who);
      if (record.direction === 'inbound') throw app.notFound();
      return record;
    });
  }),
  fault('old-not-retrievable', 'GET-04 GET-01', 'Only the 60 latest messages can be retrieved.', (app) => {
    wrap(app, 'find', (was, id, who) => {
      const record = was(id, who);
      if (!app.sequences.get(who.account).slice(-60).includes(record)) throw app.notFound();
      return record;
    });
  }),
  fault('retrieving-marks-read', 'GET-05', 'Retrieving an inbound message marks it as read.', (app) => {
    wrap(app, 'find', (was, id, who) => {
      const record = was(id, who);
      if (record.direction === 'inbound' && record.status !== 'read') app.move(record, 'read', Date.now());
      return record;
    });
  }),
  fault('retrieving-counts', 'GET-05 GET-02 SEND-10', 'Retrieving a message counts its views in its metadata.', (app) => {
    wrap(app, 'find', (was, id, who) => {
      const record = was(id, who);
      record.metadata = { ...record.metadata, views: String(Number(record.metadata?.views ?? 0) + 1) };
      return record;
    });
  }),
  fault('retrieved-image-is-text', 'GET-02', 'An image is retrieved with the type text.', (app) => {
    wrap(app, 'retrieveView', (was, record, call) => ({ ...was(record, call), type: record.type === 'image' ? 'text' : record.type }));
  }),
  fault('retrieved-object-differs', 'GET-01', 'A retrieved message has "object": "messages".', (app) => {
    wrap(app, 'retrieveView', (was, record, call) => ({ ...was(record, call), object: 'messages' }));
  }),
  fault('retrieved-in-envelope', 'GET-01 GET-04', 'A retrieved message is wrapped in {"data": ...}.', (app) => {
    wrap(app, 'retrieveView', (was, record, call) => ({ data: was(record, call) }));
  }),

  // the list and its items
  fault('empty-list-null', 'LIST-01', 'When nothing matches, data is null.', (app) => {
    wrap(app, 'listView', (was, records, ...rest) => ({ ...was(records, ...rest), data: records.length ? was(records, ...rest).data : null }));
  }),
  fault('has-more-omitted', 'LIST-01', 'has_more is left out where it would be false.', (app) => {
    wrap(app, 'listView', (was, ...args) => { const view = was(...args); if (!view.has_more) delete view.has_more; return view; });
  }),
  fault('has-more-count', 'LIST-01', 'has_more is the number of messages that remain.', (app) => {
    wrap(app, 'page', (was, account, query) => {
      const { records } = was(account, query);
      const rest = was(account, { ...query, limit: Infinity }).records.length - records.length;
      return { records, hasMore: rest };
    });
  }),
  fault('list-object-on-first-page', 'LIST-01', 'Pages after the first have no "object".', (app) => {
    wrap(app, 'listView', (was, records, hasMore, query, call) => { const view = was(records, hasMore, query, call); if (query.after) delete view.object; return view; });
  }),
  fault('inbound-items-undated', 'LIST-02', 'Inbound items of a list have no created_at.', item((view, record) => {
    if (record.direction === 'inbound') delete view.created_at;
    return view;
  })),
  fault('item-direction-guessed', 'LIST-02 GET-04', 'Items of a list filtered by conversation all say outbound.', item((view, record, query) => (query.conversation && !query.direction ? { ...view, direction: 'outbound' } : view))),
  fault('item-created-shifted', 'LIST-02 GET-04', 'created_at of list items is local time (UTC+1) with a Z.', item((view, record, query, app) => ({ ...view, created_at: app.stamp(record.micros + 3_600_000_000) }))),
  fault('item-status-capital', 'STAT-01 LIST-02', 'The status of list items that failed reads "Failed".', item((view) => ({ ...view, status: view.status === 'failed' ? 'Failed' : view.status }))),
  fault('item-type-always-text', 'LIST-02 GET-04', 'List items carry a type, and it is text for images and templates too.', item((view) => ({ ...view, type: 'text' }))),
  fault('item-conversation-of-first', 'LIST-02 GET-04', 'List items carry a conversation_id, and it is that of the first item of the page.', (app) => {
    wrap(app, 'listView', (was, records, ...rest) => {
      const view = was(records, ...rest);
      view.data.forEach((v) => { v.conversation_id = records[0].conversation_id; });
      return view;
    });
  }),

  // limit
  fault('default-20-when-filtered', 'LIST-03', 'Without limit a list filtered by conversation has 20 items.', limits((was, text, given) => (text === undefined && given.has('conversation_id') ? 20 : was(given)))),
  fault('default-10', 'LIST-03', 'Without limit a page has 10 items.', limits((was, text, given) => (text === undefined ? 10 : was(given)))),
  fault('default-100-on-later-pages', 'LIST-03', 'Without limit, pages after the first have up to 100 items.', limits((was, text, given) => (text === undefined && given.has('starting_after') ? 100 : was(given)))),
  fault('limit-at-most-50', 'LIST-04', 'A limit beyond 50 is taken for 50.', limits((was, text, given) => Math.min(50, was(given)))),
  fault('limit-99-excluded', 'LIST-04', 'A limit of 100 yields 99 items.', limits((was, text, given) => (text === '100' ? 99 : was(given)))),
  fault('limit-100-refused', 'LIST-04', 'A limit of 100 is refused.', limits((was, text, given) => was(text === '100' ? new Map([['limit', '-5']]) : given))),
  fault('limit-one-more-later', 'LIST-04', 'Pages after the first hold one message more than the limit.', limits((was, text, given) => was(given) + (text && given.has('starting_after') ? 1 : 0))),
  fault('limit-concatenated', 'LIST-04', 'The end of a page is start + limit with limit a string: pages after the first hold far more than the limit.', (app) => {
    wrap(app, 'page', (was, account, query) => {
      const text = query.given.get('limit');
      if (!query.after || !text) return was(account, query);
      const all = app.ordered(account, query);
      const start = app.position(all, query.after) + 1;
      return was(account, { ...query, limit: Number(start + text) - start });
    });
  }),
  fault('limit-rounded-to-five', 'LIST-04', 'The limit is rounded up to a multiple of five.', limits((was, text, given) => Math.ceil(was(given) / 5) * 5)),
  fault('limit-compared-as-text', 'LIST-04', 'The limit is compared with "25" as text: limits from 3 to 9 are taken for 25.', limits((was, text, given) => (text && /^[3-9]$/.test(text) ? 25 : was(given)))),
  fault('limit-zero-is-all', 'LIST-05', 'limit=0 lists everything.', limits((was, text, given) => (text === '0' ? Infinity : was(given)))),
  fault('limit-beyond-is-served', 'LIST-05', 'A limit beyond 100 is served as asked.', limits((was, text, given) => (/^\d+$/.test(text) && Number(text) > 100 ? Number(text) : was(given)))),
  fault('limit-negative-slices', 'LIST-05', 'limit=-1 lists all but the last, as slice(0, -1) does.', (app) => {
    wrap(app, 'readLimit', (was, given) => (/^-\d+$/.test(given.get('limit')) ? Number(given.get('limit')) : was(given)));
  }),
  fault('limit-text-500', 'LIST-05 ERR-01', 'A limit that is no number ends in a 500.', limits((was, text, given) => { if (text !== undefined && Number.isNaN(Number(text))) throw new RangeError('NaN'); return was(given); })),
  fault('limit-fraction-500', 'LIST-05 ERR-01', 'A limit of 1.5 ends in a 500 of the database.', limits((was, text, given) => { if (/^\d+\.\d+$/.test(text)) throw new RangeError('invalid input syntax'); return was(given); })),
  fault('limit-empty-is-all', 'LIST-05', 'An empty limit lists everything, for Number("") is 0.', limits((was, text, given) => (text === '' ? Infinity : was(given)))),
  fault('limit-parsed-leniently', 'LIST-05-S', 'parseInt reads the limit: "5abc" and "1.5" are accepted.', limits((was, text, given) => {
    const n = parseInt(text, 10);
    return n >= 1 && n <= 100 ? n : was(given);
  })),
  fault('limit-clamped', 'LIST-05-S', 'Limits out of range are clamped.', (app) => { app.choices.limits = 'clamp'; }),

  // filters
  fault('conversation-filter-prefix', 'LIST-06', 'The conversation filter compares with startsWith: a conversation whose id goes on is listed too.', (app) => {
    app.inConversation = (record, { conversation }) => conversation === undefined || record.conversation_id.startsWith(conversation);
  }),
  fault('unknown-conversation-unfiltered', 'LIST-06', 'A list filtered by an unknown conversation shows everything.', (app) => {
    wrap(app, 'readConversation', (was, given, account) => (account.conversations.has(given.get('conversation_id')) ? was(given, account) : undefined));
  }),
  fault('filtered-conversation-recent', 'LIST-06 LIST-10', 'A conversation lists no more than its 30 latest messages.', (app) => {
    wrap(app, 'ordered', (was, account, query) => {
      const all = was(account, query);
      if (!query.conversation) return all;
      const own = all.filter((r) => r.conversation_id === query.conversation);
      const recent = new Set([...own].sort((a, b) => b.seq - a.seq).slice(0, 30));
      return all.filter((r) => r.conversation_id !== query.conversation || recent.has(r) || r === query.after);
    });
  }),
  fault('channel-filters-conversation', 'LIST-06', 'The conversation filter compares channels: it lists every conversation of the same channel.', (app) => {
    app.inConversation = (record, { conversation }) => conversation === undefined || record.channel === record.account.conversations.get(conversation)?.channel;
  }),
  fault('direction-inverted-when-alone', 'LIST-07', 'direction is the wrong way about when it is the only filter.', (app) => {
    app.inDirection = (record, { direction, conversation }) => direction === undefined || (record.direction === direction) === (conversation !== undefined);
  }),
  fault('direction-inbound-only', 'LIST-07', 'direction=outbound is not looked at; only inbound filters.', (app) => {
    app.inDirection = (record, { direction }) => direction !== 'inbound' || record.direction === 'inbound';
  }),
  fault('direction-unknown-ignored', 'LIST-07-S', 'An unknown direction is ignored.', (app) => { app.choices.badDirection = 'ignore'; }),
  fault('direction-any-case', 'LIST-07-S', 'direction=INBOUND is accepted.', (app) => {
    wrap(app, 'readDirection', (was, given) => was(given.has('direction') ? new Map([['direction', given.get('direction').toLowerCase()]]) : given));
  }),
  fault('direction-unknown-500', 'LIST-07-S ERR-01', 'An unknown direction ends in a 500.', (app) => {
    wrap(app, 'readDirection', (was, given) => { try { return was(given); } catch { throw new Error('invalid enum'); } });
  }),
  fault('filters-or', 'LIST-08 LIST-06 LIST-07', 'Two filters combine by or.', (app) => {
    wrap(app, 'matches', (was, r, q) => (q.conversation !== undefined && q.direction !== undefined ? app.inConversation(r, q) || app.inDirection(r, q) : was(r, q)));
  }),
  fault('second-filter-ignored', 'LIST-08 LIST-07', 'With a conversation filter, direction is not looked at.', (app) => {
    wrap(app, 'inDirection', (was, r, q) => (q.conversation !== undefined ? true : was(r, q)));
  }),
  fault('failed-not-listed', 'LIST-10 LIST-06', 'Failed messages vanish from lists.', shown((r) => r.status !== 'failed')),
  fault('inbound-only-on-request', 'LIST-09 LIST-06', 'Without a direction only outbound messages are listed.', shown((r, q) => q.direction !== undefined || r.direction === 'outbound')),
  fault('email-not-in-overview', 'LIST-09 LIST-10', 'Without a conversation filter, email is not listed.', shown((r, q) => q.conversation !== undefined || r.channel !== 'email')),
  fault('images-not-listed', 'LIST-10 LIST-06', 'Images are not listed.', shown((r) => r.type !== 'image')),
  fault('blank-bodies-not-listed', 'LIST-10', 'Messages whose body begins with white space are not listed.', shown((r) => !/^\s/.test(r.body))),
  fault('queried-twice-500', 'LIST-11 ERR-01', 'A parameter given twice becomes an array and ends in a 500.', (app) => {
    wrap(app, 'parameters', (was, call) => {
      const names = [...new URLSearchParams(call.search).keys()];
      if (new Set(names).size < names.length) throw new TypeError('startsWith is not a function');
      return was(call);
    });
  }),
  fault('query-escape-500', 'LIST-11 ERR-01', 'A broken percent escape in the query ends in a URIError and a 500.', (app) => {
    wrap(app, 'parameters', (was, call) => { decodeURIComponent(call.search); return was(call); });
  }),
  fault('unknown-parameter-500', 'LIST-11 ERR-01', 'An unknown query parameter ends in a 500.', (app) => {
    wrap(app, 'parameters', (was, call) => {
      const given = was(call);
      for (const k of given.keys()) if (!['limit', 'direction', 'conversation_id', 'starting_after'].includes(k)) throw new Error('unknown column');
      return given;
    });
  }),
  fault('prototype-parameter-500', 'LIST-11 ERR-01', 'A query parameter named like a method of Object.prototype (constructor, toString) ends in a 500.', (app) => {
    wrap(app, 'parameters', (was, call) => {
      const given = was(call);
      for (const k of given.keys()) if (k in {}) throw new TypeError('not a string');
      return given;
    });
  }),
];

