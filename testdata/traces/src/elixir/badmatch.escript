#!/usr/bin/env escript
%% A match that does not hold ends a script.
-mode(compile).

main(_) ->
    Size = dimensions("/nonexistent/model.config"),
    io:format("~p dimensions~n", [Size]).

dimensions(Path) ->
    {ok, Settings} = file:consult(Path),
    proplists:get_value(dimensions, Settings).
