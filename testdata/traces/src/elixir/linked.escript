#!/usr/bin/env escript
%% A process of its own fails in a library function; the emulator reports it.
-mode(compile).

main(_) ->
    {_, Monitor} = spawn_monitor(fun() -> embed(missing) end),
    receive {'DOWN', Monitor, _, _, _} -> timer:sleep(200) end,
    io:format("done~n").

embed(Text) ->
    1 + length(binary_to_list(atom_to_list(Text))).
