# Dash: a parameter without value, with a message of its own.
echo starting
: "${PROVIDER_KEY:?set it to the key of the provider}"
