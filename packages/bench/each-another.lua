-- For wrk: each request asks for another account where the URL holds {n}, so that no proxy can answer two with one.
local count = 0
local path

function init()
  path = wrk.path
end

function request()
  count = count + 1
  return wrk.format(nil, (path:gsub("{n}", string.format("%040x", count))))
end
