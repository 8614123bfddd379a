/**
 * What Redis runs in one go. KEYS[1] is the prefix of all keys: what is touched follows from it, and has one hash tag. A key that
 * holds another kind of value than it should was not written by a server like this one, and goes.
 */

const COMMON = `
local p = KEYS[1]
local function typed(key, kind)
  local is = redis.call('TYPE', key).ok
  if is == kind then return true end
  if is ~= 'none' then redis.call('DEL', key) end
  return false
end
local function text(key) return typed(key, 'string') and redis.call('GET', key) end
local function there(key) return redis.call('EXISTS', key) == 1 end
-- Who is home or, when nobody is, who was last: whoever was before that one knows nothing of what has been written since.
local function decides(key) return text(p .. 'home:' .. key) or text(p .. 'last:' .. key) end
local function settle(key, process, life)
  redis.call('SET', p .. 'home:' .. key, process, 'PX', life)
  redis.call('SET', p .. 'last:' .. key, process, 'PX', life)
end
local function id_of(key) return string.match(key, '^name:(.*)$') or string.match(key, '^code:(.*)$') end
`

/**
 * ARGV: process, expiry, kind of wish, and what it is about: address, code, 'find' | 'open'; code, name or empty; key.
 * Answers 'stalled' | 'nowhere' | 'gone' | 'there', key, process | 'ours', key, record, chat, book, claims, whether the book's code is gone.
 */
export const FIND = `${COMMON}
local me, life, kind, a, b, mode = unpack(ARGV)
-- After a stall all may look dead: first it has to be known who lives.
if not there(p .. 'process:' .. me) then return { 'stalled' } end

local function by_code(code)
  if code == '' then return false end
  local key = text(p .. 'code:' .. code)
  if not key or (key ~= 'code:' .. code and string.sub(key, 1, 5) ~= 'name:') then return false end
  if there(p .. 'home:' .. key) or there(p .. 'room:' .. key) then return key end
  local id = string.match(key, '^name:(.*)$')
  return id and there(p .. 'book:' .. id) and key
end

local function by_address(address, code, is_open)
  local named = 'name:' .. address
  if there(p .. 'home:' .. named) or there(p .. 'room:' .. named) then return named end
  return by_code(code) or ((is_open or there(p .. 'book:' .. address)) and named)
end

local function is_code_gone(book)
  for at = 1, #book, 2 do
    if book[at] == 'appointment' then
      local ok, value = pcall(cjson.decode, book[at + 1])
      return ok and type(value) == 'table' and type(value.code) == 'string' and there(p .. 'gone:' .. value.code)
    end
  end
  return false
end

local function take(key, always)
  local home = p .. 'home:' .. key
  local holder = text(home)
  if holder and holder ~= me and there(p .. 'process:' .. holder) then return { 'there', key, holder } end
  local id = id_of(key)
  local record = text(p .. 'room:' .. key) or ''
  local chat = typed(p .. 'chat:' .. key, 'zset') and redis.call('ZRANGE', p .. 'chat:' .. key, 0, -1) or {}
  local book = id and typed(p .. 'book:' .. id, 'hash') and redis.call('HGETALL', p .. 'book:' .. id) or {}
  if not always and holder ~= me and record == '' and #book == 0 then return { 'nowhere' } end
  -- Of a room that nobody knows any more.
  if record == '' then redis.call('DEL', p .. 'chat:' .. key) end
  local claims = {}
  if key == 'users' and typed(p .. 'claims', 'hash') then claims = redis.call('HGETALL', p .. 'claims') end
  settle(key, me, life)
  return { 'ours', key, record, chat, book, claims, is_code_gone(book) and 1 or 0 }
end

if kind == 'place' then return take(a, true) end
if kind == 'token' then
  if there(p .. 'gone:' .. a) then return { 'gone' } end
  return take(by_code(a) or (b ~= '' and 'name:' .. b) or 'code:' .. a, true)
end
local key = by_address(a, b, mode == 'open')
if not key then return { 'nowhere' } end
return take(key, mode == 'open')
`

/**
 * ARGV: process, place, expiry of homes and rooms, of books, of what has gone, of claims, messages of a chat; then operations,
 * three at a time. Answers 0, and writes nothing, when another process is home, or was after this one.
 */
export const WRITE = `${COMMON}
local me, key, life, book_life, gone_life, claim_life, history = unpack(ARGV, 1, 7)
local room, chat, claims = p .. 'room:' .. key, p .. 'chat:' .. key, p .. 'claims'
local book = p .. 'book:' .. (id_of(key) or '')
local holder = decides(key)
if holder and holder ~= me then return 0 end
settle(key, me, life)

local function close(code)
  redis.call('DEL', room, chat)
  if text(p .. 'code:' .. code) == key then redis.call('DEL', p .. 'code:' .. code) end
  redis.call('SET', p .. 'gone:' .. code, '1', 'PX', gone_life)
end
local act = {
  renew = function() redis.call('DEL', room, chat, book) end,
  close = close,
  room = function(code, record)
    redis.call('SET', room, record, 'PX', life)
    redis.call('SET', p .. 'code:' .. code, key, 'PX', life)
    if typed(chat, 'zset') then redis.call('PEXPIRE', chat, life) end
  end,
  post = function(id, message)
    typed(chat, 'zset')
    redis.call('ZADD', chat, id, message)
    redis.call('ZREMRANGEBYRANK', chat, 0, -(history + 1))
    redis.call('PEXPIRE', chat, life)
  end,
  book = function(field, value)
    typed(book, 'hash')
    redis.call('HSET', book, field, value)
    redis.call('PEXPIRE', book, book_life)
  end,
  unbook = function(field) if typed(book, 'hash') then redis.call('HDEL', book, field) end end,
  nobook = function() redis.call('DEL', book) end,
  claim = function(user, claim)
    typed(claims, 'hash')
    redis.call('HSET', claims, user, claim)
    redis.call('PEXPIRE', claims, claim_life)
  end,
  unclaim = function(user) if typed(claims, 'hash') then redis.call('HDEL', claims, user) end end,
  release = function() redis.call('DEL', p .. 'home:' .. key) end,
}
for at = 8, #ARGV, 3 do act[ARGV[at]](ARGV[at + 1], ARGV[at + 2]) end
return 1
`

/**
 * ARGV: process, expiry, then places with the codes of their rooms, or an empty text. Renews what is there. Answers for each:
 * 1 it is ours, 0 it had no home and is ours now, 2 another process is home, or was after this one.
 */
export const VERIFY = `${COMMON}
local me, life = ARGV[1], ARGV[2]
local verdicts = {}
for at = 3, #ARGV, 2 do
  local key, code = ARGV[at], ARGV[at + 1]
  local holder = decides(key)
  if holder and holder ~= me then
    verdicts[#verdicts + 1] = 2
  else
    local had_home = there(p .. 'home:' .. key)
    settle(key, me, life)
    redis.call('PEXPIRE', p .. 'room:' .. key, life)
    redis.call('PEXPIRE', p .. 'chat:' .. key, life)
    if code ~= '' then redis.call('PEXPIRE', p .. 'code:' .. code, life) end
    verdicts[#verdicts + 1] = had_home and 1 or 0
  end
end
return verdicts
`

/** ARGV: process, then places. */
export const RELEASE = `${COMMON}
for at = 2, #ARGV do
  local home = p .. 'home:' .. ARGV[at]
  if text(home) == ARGV[1] then redis.call('DEL', home) end
end
return 1
`
