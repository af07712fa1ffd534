-- Posts the lines of the file in the first argument, each of them once: a form each, as a browser sends it.
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args)
  lines, redirects, others = io.lines(args[1]), 0, 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end
function request()
  return wrk.format(nil, nil, nil, lines())
end
function response(status)
  if status == 302 then redirects = redirects + 1 else others = others + 1 end
end
function done(summary)
  local redirects, others = 0, 0
  for _, thread in ipairs(threads) do
    redirects, others = redirects + thread:get("redirects"), others + thread:get("others")
  end
  io.write(string.format('{"redirects": %d, "others": %d, "seconds": %.3f}\n',
    redirects, others, summary.duration / 1e6))
end
