<?php
// An exception without message leaves a generator through a closure.
class QuotaExhausted extends DomainException {}

function documents(): Generator
{
    yield 'a';
    throw new QuotaExhausted();
}

$index = function (iterable $documents): int {
    $count = 0;
    foreach ($documents as $document) {
        $count++;
    }
    return $count;
};

echo "indexing\n";
$index(documents());
