<?php
// A value of the wrong type, in a method called by a built-in function.
declare(strict_types=1);

namespace Acme;

final class Embedder
{
    public function embed(string $text): int
    {
        return strlen($text);
    }

    public function all(array $texts): array
    {
        return array_map([$this, 'embed'], $texts);
    }
}

(new Embedder())->all(['a', null]);
