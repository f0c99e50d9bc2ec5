local page, most = tonumber(ARGV[2]), tonumber(ARGV[3])
local n, last, repeated = 0, ARGV[1], 0
while n < most do
  local want = math.min(page, most - n) + repeated
  local entries = redis.call('XRANGE', KEYS[1], last, '+', 'COUNT', want)
  n = n + #entries - repeated
  if #entries > 0 then last = entries[#entries][1] end
  if #entries < want then break end
  repeated = 1
end
return {n, last}
