-- Reads pages in turns, each time with a query never seen before. Arguments: a name of the run, the paths.
dofile(debug.getinfo(1, "S").source:match("@(.*/)") .. "told.lua")

local before, paths = {}, 0
local number, run, after = 0, "", ""

function init(arguments)
  run = arguments[1]
  for at = 2, #arguments do
    before[at - 1] = "GET " .. arguments[at] .. "?visit=" .. run .. "-"
  end
  paths = #before
  after = " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nAccept-Encoding: gzip\r\n\r\n"
end

function request()
  number = number + 1
  return before[number % paths + 1] .. number .. after
end
