"""REINFORCE on a small grid world: a policy learns the way around the holes from its rewards alone."""

import sys

import torch
from torch import nn
from torch.distributions import Categorical

episodes = int(sys.argv[1]) if len(sys.argv) > 1 else 300
torch.manual_seed(1)


class GridWorld:
    """Four by four squares: start at S, each step costs a little, a hole H much, and G ends it."""

    squares = ["S...", ".H.H", "...H", "H..G"]
    moves = [(-1, 0), (0, 1), (1, 0), (0, -1)]  # up, right, down, left

    def reset(self):
        self.place = (0, 0)
        return self.observation()

    def observation(self):
        seen = torch.zeros(16)
        seen[4 * self.place[0] + self.place[1]] = 1
        return seen

    def step(self, action):
        row, column = (p + d for p, d in zip(self.place, self.moves[action]))
        self.place = (min(max(row, 0), 3), min(max(column, 0), 3))
        square = self.squares[self.place[0]][self.place[1]]
        reward = {"G": 1.0, "H": -1.0}.get(square, -0.1)
        return self.observation(), reward, square == "G"


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 4))

    def forward(self, x):
        return Categorical(logits=self.layers(x))


def discounted(rewards, gamma=0.95):
    """What followed each step, the later the less."""
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + gamma * total
        returns.insert(0, total)
    return torch.tensor(returns)


world, policy = GridWorld(), Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
baseline, scores = 0.0, []
for episode in range(1, episodes + 1):
    observation, log_probs, entropies, rewards, done = world.reset(), [], [], [], False
    while not done and len(rewards) < 40:
        policy_here = policy(observation)
        action = policy_here.sample()
        log_probs.append(policy_here.log_prob(action))
        entropies.append(policy_here.entropy())
        observation, reward, done = world.step(action.item())
        rewards.append(reward)
    returns = discounted(rewards)
    gains = torch.stack(log_probs) * (returns - baseline) + 0.05 * torch.stack(entropies)
    loss = -gains.sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    baseline += 0.05 * (returns[0].item() - baseline)
    scores.append(sum(rewards))
    if episode % max(1, episodes // 10) == 0:
        recent = scores[-max(1, episodes // 10) :]
        mean = sum(recent) / len(recent)
        print(f"episode {episode:4d}  reward {mean:+.3f}  steps {len(rewards):2d}")

# The way that the policy thinks best.
names, path = "URDL", ""
observation, done = world.reset(), False
with torch.no_grad():
    while not done and len(path) < 20:
        action = policy(observation).mode.item()
        path += names[action]
        observation, reward, done = world.step(action)
print("best way:", path, "reached the goal" if reward == 1.0 else "lost")
