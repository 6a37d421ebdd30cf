import { fault, wrap } from './tools.mjs';

const paged = (change) => (app) => wrap(app, 'page', (was, account, query) => change(was, account, query, app));
const seconds = (record) => Math.floor(record.micros / 1e6);

/** A page by a rule of one's own: what comes after the cursor, of everything that matches. */
const after = (follows) => (app) => wrap(app, 'page', (was, account, query) => {
  const all = app.ordered(account, query).filter((r) => app.matches(r, query));
  const rest = query.after ? all.filter((r) => follows(r, query.after, app)) : all;
  return { records: rest.slice(0, query.limit), hasMore: rest.length > query.limit };
});
const newest = (app) => app.choices.order === 'newest';

export default [
  // has_more
  fault('has-more-when-full', 'PAGE-02', 'has_more is true whenever the page is full.', paged((was, account, query) => {
    const { records } = was(account, query);
    return { records, hasMore: records.length === query.limit };
  })),
  fault('has-more-of-total', 'PAGE-02 PAGE-04 PAGE-01', 'has_more compares the limit with the number of all matches, wherever the page is.', paged((was, account, query) => {
    const { records } = was(account, query);
    return { records, hasMore: was(account, { ...query, after: undefined }).hasMore };
  })),
  fault('has-more-unfiltered', 'PAGE-02 PAGE-04', 'has_more is that of the list without its direction filter.', paged((was, account, query) => {
    const { records } = was(account, query);
    return { records, hasMore: was(account, { ...query, direction: undefined }).hasMore };
  })),
  fault('has-more-needs-two', 'PAGE-02 PAGE-01', 'has_more is false when a single message remains.', paged((was, account, query) => {
    const { records, hasMore } = was(account, query);
    return { records, hasMore: hasMore && was(account, { ...query, limit: query.limit + 1 }).hasMore };
  })),
  fault('has-more-capped', 'PAGE-02 PAGE-01', 'The walk ends at the hundredth message: has_more is false from there on.', paged((was, account, query, app) => {
    const { records, hasMore } = was(account, query);
    const all = app.ordered(account, query).filter((r) => app.matches(r, query));
    const start = query.after ? app.position(all, query.after) + 1 : 0;
    return { records, hasMore: hasMore && start + records.length < 100 };
  })),
  fault('count-cached', 'PAGE-02 PAGE-01 PAGE-06 CONC-02', 'has_more goes by a count of the matches that is cached for two seconds.', (app) => {
    const counts = new Map();
    wrap(app, 'page', (was, account, query) => {
      const all = app.ordered(account, query).filter((r) => app.matches(r, query));
      const mark = `${account.name}|${query.conversation}|${query.direction}`;
      if (!counts.has(mark) || Date.now() - counts.get(mark).at > 2000) counts.set(mark, { n: all.length, at: Date.now() });
      const start = query.after ? app.position(all, query.after) + 1 : 0;
      return { records: all.slice(start, start + query.limit), hasMore: start + query.limit < counts.get(mark).n };
    });
  }),
  fault('has-more-of-first-page-only', 'PAGE-02 PAGE-01', 'has_more is false on the third page and beyond, whatever follows.', (app) => {
    const second = new Set();
    wrap(app, 'page', (was, account, query) => {
      const { records, hasMore } = was(account, query);
      const third = query.after && second.has(query.after.id);
      if (query.after && !third && records.length) second.add(records.at(-1).id);
      return { records, hasMore: hasMore && !third };
    });
  }),

  // the cursor
  fault('cursor-inclusive', 'PAGE-04 PAGE-01', 'The message of the cursor opens the next page once more.', paged((was, account, query, app) => {
    if (!query.after) return was(account, query);
    const all = app.ordered(account, query).filter((r) => app.matches(r, query));
    const rest = all.slice(app.position(all, query.after));
    return { records: rest.slice(0, query.limit), hasMore: rest.length > query.limit };
  })),
  fault('cursor-skips-one', 'PAGE-01 PAGE-03', 'Without limit, a page after the first begins one message too late.', paged((was, account, query, app) => {
    if (!query.after || query.given.has('limit')) return was(account, query);
    const all = app.ordered(account, query).filter((r) => app.matches(r, query));
    const rest = all.slice(app.position(all, query.after) + 2);
    return { records: rest.slice(0, query.limit), hasMore: rest.length > query.limit };
  })),
  fault('cursor-unknown-restarts', 'PAGE-10', 'findIndex gives -1 for an unknown cursor, and the list begins anew.', (app) => {
    wrap(app, 'readCursor', (was, given, account) => { try { return was(given, account); } catch { return undefined; } });
  }),
  fault('cursor-unknown-500', 'PAGE-10 ERR-01', 'An unknown cursor ends in a 500.', (app) => {
    wrap(app, 'readCursor', (was, given, account) => { try { return was(given, account); } catch { throw new TypeError('created_at of undefined'); } });
  }),
  fault('cursor-at-end-restarts', 'PAGE-04', 'After the very last message the list begins anew.', paged((was, account, query) => {
    const page = was(account, query);
    return query.after && !page.records.length ? was(account, { ...query, after: undefined }) : page;
  })),
  fault('cursor-at-end-404', 'PAGE-04', 'After the very last message the list answers 404.', (app) => {
    wrap(app, 'page', (was, account, query) => {
      const page = was(account, query);
      if (query.after && !page.records.length) throw app.notFound();
      return page;
    });
  }),
  fault('cursor-failed-restarts', 'PAGE-04 PAGE-01', 'A failed message is not found as a cursor, and the list begins anew.', paged((was, account, query) => was(account, query.after?.status === 'failed' ? { ...query, after: undefined } : query))),
  fault('cursor-inbound-refused', 'PAGE-04 PAGE-01', 'An inbound message is refused as a cursor.', (app) => {
    wrap(app, 'readCursor', (was, given, account) => {
      const record = was(given, account);
      return record?.direction === 'inbound' ? was(new Map([['starting_after', '']]), account) : record;
    });
  }),
  fault('cursor-must-be-page-end', 'PAGE-04', 'Only the ends of the three latest pages serve as cursors; another message is taken for the latest of them.', (app) => {
    const ends = [];
    wrap(app, 'page', (was, account, query) => {
      const page = was(account, query.after && !ends.slice(-3).includes(query.after) ? { ...query, after: ends.at(-1) } : query);
      if (page.records.length) ends.push(page.records.at(-1));
      return page;
    });
  }),
  fault('cursor-by-second', 'PAGE-07 PAGE-01 PAGE-03 PAGE-04', 'The page goes on with the next second: what shares the second of the cursor is lost.', after((r, c, app) => (newest(app) ? seconds(r) < seconds(c) : seconds(r) > seconds(c)))),
  fault('cursor-by-second-inclusive', 'PAGE-07 PAGE-01 PAGE-04', 'The page goes on with the second of the cursor, but for the cursor itself: what shares it is repeated.', after((r, c, app) => r !== c && (newest(app) ? seconds(r) <= seconds(c) : seconds(r) >= seconds(c)))),
  fault('cursor-by-id', 'PAGE-01 PAGE-07 PAGE-03 PAGE-04', 'Within one second the page goes on by id, while the list is ordered by arrival.', after((r, c, app) => {
    const [a, b] = [seconds(r), seconds(c)];
    if (a !== b) return newest(app) ? a < b : a > b;
    return newest(app) ? r.id < c.id : r.id > c.id;
  })),
  fault('cursor-is-an-offset', 'PAGE-06 CONC-02', 'A cursor stands for the place at which its message was last listed: arrivals shift the pages.', (app) => {
    const places = new Map();
    wrap(app, 'page', (was, account, query) => {
      const mark = `${query.conversation}|${query.direction}|`;
      const all = app.ordered(account, query).filter((r) => app.matches(r, query));
      const start = query.after ? (places.get(mark + query.after.id) ?? all.indexOf(query.after)) + 1 : 0;
      const records = all.slice(start, start + query.limit);
      records.forEach((r, i) => places.set(mark + r.id, start + i));
      return { records, hasMore: all.length > start + query.limit };
    });
  }),
  fault('limit-one-stays', 'PAGE-01 PAGE-03', 'With limit=1 the second page shows the first message again, for its cursor is not looked at.', (app) => {
    const seen = new Set();
    wrap(app, 'page', (was, account, query) => {
      if (query.limit !== 1 || !query.after || seen.has(query.after.id)) return was(account, query);
      const first = was(account, { ...query, after: undefined });
      if (first.records[0] !== query.after) return was(account, query);
      seen.add(query.after.id);
      return first;
    });
  }),

  // the order
  fault('ties-unstable', 'PAGE-03 PAGE-07 PAGE-01', 'Messages of one second come in an order of its own in each answer.', (app) => {
    wrap(app, 'ordered', (was, account, query) => {
      const rank = new Map();
      const of = (r) => rank.get(r) ?? rank.set(r, Math.random()).get(r);
      return was(account, query).sort((a, b) => (newest(app) ? seconds(b) - seconds(a) : seconds(a) - seconds(b)) || of(a) - of(b));
    });
  }),
  fault('ties-by-page-size', 'PAGE-03', 'For pages of fewer than eight, messages of one second come in the reverse order.', (app) => {
    wrap(app, 'ordered', (was, account, query) => {
      const all = was(account, query);
      if (query.limit >= 8) return all;
      return all.map((r, i) => [r, i]).sort(([a, i], [b, j]) => (newest(app) ? seconds(b) - seconds(a) : seconds(a) - seconds(b)) || j - i).map(([r]) => r);
    });
  }),
  fault('reversed-in-place', 'PAGE-03 PAGE-01 PAGE-09', 'An unfiltered list reverses the stored array in place: every other list is the wrong way about.', (app) => {
    let turned = false;
    wrap(app, 'ordered', (was, account, query) => {
      const all = was(account, query);
      if (!query.conversation && !query.direction) turned = !turned;
      return turned ? all : all.reverse();
    });
  }),
  fault('ordered-by-update', 'PAGE-08 PAGE-09 PAGE-06', 'Messages are ordered by when their status last changed.', (app) => {
    const moved = (r) => r.past ? r.micros / 1000 : r.history.at(-1).at;
    wrap(app, 'ordered', (was, account, query) => was(account, query).sort((a, b) => (newest(app) ? moved(b) - moved(a) : moved(a) - moved(b))));
  }),
  fault('read-messages-last', 'PAGE-08 PAGE-09', 'Messages that were read come after all others.', (app) => {
    wrap(app, 'ordered', (was, account, query) => {
      const all = was(account, query);
      const live = (r) => r.status === 'read' && !r.past;
      return [...all.filter((r) => !live(r)), ...all.filter(live)];
    });
  }),
  fault('time-compared-as-text', 'PAGE-09', 'Times of tenths of a second without trailing zeros are compared as text: "…:01.5Z" sorts before "…:01Z".', (app) => {
    const text = (r) => `${new Date(seconds(r) * 1000).toISOString().slice(0, 19)}${r.micros % 1e6 < 1e5 ? '' : `.${Math.floor((r.micros % 1e6) / 1e5)}`}Z`;
    app.stamp = (micros) => text({ micros });
    wrap(app, 'ordered', (was, account, query) => was(account, query).sort((a, b) => {
      const [x, y] = newest(app) ? [text(b), text(a)] : [text(a), text(b)];
      return x < y ? -1 : x > y ? 1 : 0;
    }));
  }),
  fault('ordered-by-id', 'PAGE-09', 'Messages are ordered by their ids, which are random.', (app) => {
    wrap(app, 'ordered', (was, account, query) => was(account, query).sort((a, b) => (a.id < b.id ? -1 : 1)));
  }),

  // filters on later pages
  fault('conversation-lost-on-page-2', 'PAGE-05 PAGE-01 LIST-06', 'The conversation filter holds on the first page only.', (app) => {
    wrap(app, 'inConversation', (was, r, q) => (q.after ? true : was(r, q)));
  }),
  fault('direction-lost-on-page-2', 'PAGE-05 PAGE-01 LIST-07', 'The direction filter holds on the first page only.', (app) => {
    wrap(app, 'inDirection', (was, r, q) => (q.after ? true : was(r, q)));
  }),
  fault('second-filter-lost-on-page-2', 'PAGE-05 LIST-08', 'Where both filters are given, later pages keep the conversation filter alone.', (app) => {
    wrap(app, 'inDirection', (was, r, q) => (q.after && q.conversation !== undefined ? true : was(r, q)));
  }),
  fault('filtered-after-paging', 'LIST-04 PAGE-01', 'The conversation filter is applied to the page after it was cut: short pages, and empty ones, with more to come.', paged((was, account, query) => {
    const { records, hasMore } = was(account, { ...query, conversation: undefined });
    return { records: records.filter((r) => query.conversation === undefined || r.conversation_id === query.conversation), hasMore };
  })),
  fault('direction-after-paging', 'LIST-04 PAGE-02 PAGE-01', 'The direction filter is applied to the page after it was cut, with has_more computed before.', paged((was, account, query) => {
    const { records, hasMore } = was(account, { ...query, direction: undefined });
    return { records: records.filter((r) => query.direction === undefined || r.direction === query.direction), hasMore };
  })),

  // repeated and lost
  fault('some-listed-twice', 'PAGE-01 LIST-10', 'One in nine messages is listed twice in a row, as a join does.', paged((was, account, query) => {
    const { records, hasMore } = was(account, query);
    const doubled = records.flatMap((r) => (r.seq % 9 === 4 ? [r, r] : [r]));
    return { records: doubled.slice(0, query.limit), hasMore: hasMore || doubled.slice(query.limit).some((r) => r !== doubled[query.limit - 1]) };
  })),
  fault('thirtieth-of-page-lost', 'PAGE-03 PAGE-01 LIST-04', 'Pages of more than 30 lack their thirtieth message.', paged((was, account, query) => {
    const { records, hasMore } = was(account, query);
    return { records: records.length > 30 ? records.filter((_, i) => i !== 29) : records, hasMore };
  })),
];
