# Gives users of the cloud the anchor of the directory's user: a hard match.
# Read every line before running it. It asks before each user it changes.
# A user that holds an Entra role is refused (since 2026): take the role away
# first and give it back after.
#Requires -Modules Microsoft.Graph.Users
Connect-MgGraph -Scopes 'User.ReadWrite.All' -NoWelcome
$pairs = @(
