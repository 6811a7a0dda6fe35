-- Reads one page. Arguments: a name of the run, and `plain`, `gzip` or an etag.
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "told.lua")

function init(arguments)
  local how, headers = arguments[2], {}
  if how == "gzip" then
    headers["Accept-Encoding"] = "gzip"
  elseif how ~= "plain" then
    headers["If-None-Match"] = how
  end
  page = wrk.format("GET", wrk.path, headers)
end

function request()
  return page
end
