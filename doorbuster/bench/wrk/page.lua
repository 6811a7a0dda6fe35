-- Reads pages. Arguments: a name of the run, `plain`, `gzip` or an etag, and paths to take in turns (else the URL's).
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "told.lua")

local pages = {}
local number = 0

function init(arguments)
  local how, headers = arguments[2], {}
  if how == "gzip" then
    headers["Accept-Encoding"] = "gzip"
  elseif how ~= "plain" then
    headers["If-None-Match"] = how
  end
  for at = 3, #arguments do
    pages[#pages + 1] = wrk.format("GET", arguments[at], headers)
  end
  if #pages == 0 then
    pages[1] = wrk.format("GET", wrk.path, headers)
  end
end

function request()
  number = number % #pages + 1
  return pages[number]
end
