<?php
// Written to the error log as a string, with the exception before it; then the program goes on.
namespace Acme;

class ProviderException extends \RuntimeException {}

function provider(string $url): void
{
    throw new ProviderException("POST $url answered 401:\n{\"code\": \"invalid_api_key\"}", 401);
}

function index(int $batch): void
{
    try {
        provider('http://10.0.0.7/v1');
    } catch (ProviderException $error) {
        throw new \LogicException("batch $batch", 0, $error);
    }
}

try {
    index(17);
} catch (\Exception $error) {
    error_log("indexing failed: $error");
}
error_log('next batch in 30 s');
