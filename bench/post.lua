-- Posts the form in the first argument, each time with another name and e-mail address.
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args)
  body, run, number, redirects, others = args[1], args[2], 0, 0, 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end
function request()
  number = number + 1
  local one = run .. number
  local named = body:gsub("name_as_signed=", "name_as_signed=Justice+" .. one .. "+", 1)
  return wrk.format(nil, nil, nil, named .. "&email=amina" .. one .. "%40example.org")
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
