-- `wrk --script moves.lua URL -- PAIRS`: each request is one move, and its answer comes when the move has ended.
--
-- PAIRS is a file with a pair of consumers on each line; the first one has allocations. A move takes a pair, and
-- returns it in reverse order when it has ended. So no two moves at a time have a consumer in common, and no measured time is a
-- wait for another move. Placement forgets a consumer that loses all its allocations, so the target is always new. Only
-- one thread can be used: each thread has its own Lua state and would use all pairs.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   pairs_free, errors, first_error = {}, 0, ""
   for line in io.lines(args[1]) do
      local source, target = line:match("^(%S+) (%S+)$")
      table.insert(pairs_free, { source, target })
   end
   -- wrk first makes one request that it never sends.
   table.insert(pairs_free, pairs_free[1])
end

function request()
   local pair = table.remove(pairs_free)
   if not pair then
      -- This happens only after an error, since its pair is not returned. The answer counts as another error.
      return wrk.format("GET", "/healthz")
   end
   local body = '{"kind":"move","source":"%s","target":"%s","target_is_new":true}'
   local headers = { ["content-type"] = "application/json" }
   return wrk.format("POST", "/v1/tasks?wait=30", headers, body:format(pair[1], pair[2]))
end

function response(status, _, body)
   local source, target = body:match('"task":{"kind":"move","source":"([^"]+)","target":"([^"]+)"')
   if status == 201 and source and has(body, '"state":"finished"') and has(body, '"outcome":{"kind":"moved"') then
      table.insert(pairs_free, { target, source })
      return
   end
   errors = errors + 1
   if errors == 1 then
      first_error = status .. " " .. body
   end
end

function has(text, part)
   return text:find(part, 1, true) ~= nil
end

function done(summary, latency, _)
   local wrong, first = 0, ""
   for _, thread in ipairs(threads) do
      wrong, first = wrong + thread:get("errors"), first .. thread:get("first_error")
   end
   local sockets = summary.errors
   local line = '{"moves":%d,"seconds":%.6f,"p50_us":%d,"p99_us":%d,"errors":%d,"broken":%d}'
   io.stdout:write(line:format(
      summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), wrong,
      sockets.connect + sockets.read + sockets.write + sockets.timeout), "\n")
   if first ~= "" then
      io.stderr:write("the first wrong answer: ", first, "\n")
   end
end
