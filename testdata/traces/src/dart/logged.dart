// Caught, logged with its trace, and the program goes on.
void log(String level, Object? what) => print('[2026-11-24 10:20:30.120] $level: $what');

int dimensions(Map<String, Object?> settings) => settings['dimensions'] as int;

void main() {
  log('INFO', 'starting');
  try {
    log('INFO', 'size ${dimensions({'dimensions': 'many'})}');
  } catch (error, stack) {
    log('SEVERE', 'settings are not usable: $error\n$stack');
  }
  log('INFO', 'stopping');
}
