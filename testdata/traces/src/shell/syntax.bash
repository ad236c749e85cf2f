# Bash: a block is not closed.
echo starting
if [ -n "$HOME" ]; then
  echo home
done
