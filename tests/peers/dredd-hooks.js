// What Dredd cannot know by itself: which request brings each documented answer about. Answers that no single request
// brings about (429, 500, the status that this server does not use for refused input) are left out.
const hooks = require('hooks');

const INVALID = process.env.PEER_INVALID_STATUS;
const UNKNOWN = process.env.PEER_UNKNOWN_CONVERSATION_STATUS;

const sends = (transaction) => transaction.request.method === 'POST';
const retrieves = (transaction) => /\/messages\/[^/?]/.test(transaction.fullPath);

function replaceBody(transaction, change) {
  const payload = JSON.parse(transaction.request.body);
  change(payload);
  transaction.request.body = JSON.stringify(payload);
}

const arranged = {
  401: (it) => delete it.request.headers.Authorization,
  403: (it) => sends(it) && (it.request.headers.Authorization = 'Bearer pk_test_a'),
  404: (it) => {
    if (sends(it)) {
      return UNKNOWN === '404' && (replaceBody(it, (payload) => { payload.conversation_id = 'conv_nobodys'; }), true);
    }
    if (!retrieves(it)) return false;
    it.fullPath = it.fullPath.replace(/messages\/.*/, 'messages/msg_nobodys00000000000');
    return true;
  },
  415: (it) => sends(it) && (it.request.headers['Content-Type'] = 'text/plain'),
  invalid: (it) => {
    if (sends(it)) {
      replaceBody(it, (payload) => { delete payload.body; });
      return true;
    }
    if (retrieves(it)) return false;
    it.fullPath = it.fullPath.replace(/limit=\d+/, 'limit=0');
    return it.fullPath.includes('limit=0');
  },
};

hooks.beforeEach((transaction, done) => {
  const status = transaction.expected.statusCode;
  if (!status.startsWith('2')) {
    const arrange = status === INVALID ? arranged.invalid : arranged[status];
    transaction.skip = !(arrange && arrange(transaction));
  }
  done();
});
